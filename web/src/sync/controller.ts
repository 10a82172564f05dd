/**
 * Keeps one player where the room is. Called by the room page with every state that comes into force, and by a
 * timer every 50 ms. Knows no DOM: a clock, timers and a player are all that it sees.
 *
 * A start is a cue, so that a slow seek costs a short still picture, not a chase. After that small drifts are taken out
 * by the rate, and large ones by another cue, ever more rarely while that does not help. What does not answer (a
 * player that lies, a clock that leaps, a page that is hidden) is left alone.
 */

import type { PlaybackObject } from '../generated/realtime';
import type { Clock } from './clock';
import { type Cue, CueAim } from './cue';
import { CoarseLaw, FineLaw, type Law, RateResponse } from './law';
import { positionAt } from './playback';
import type { Player } from './player';
import { Readings } from './readings';
import { Backoff } from './seeking';
import type { Cancel, Timers } from './timers';
import { TUNING, type Tuning } from './tuning';

export const TICK_MS = 50;

const DECISION_MS = 250;
const SEEK_BEYOND = 1.5;
/** After a stall, or unseen: the picture has jumped already, and half a minute of catching up would be felt. */
const SEEK_BEYOND_WHEN_INTERRUPTED = 0.5;
/** For a player whose rate cannot be changed. */
const SEEK_BEYOND_WHEN_DEAF = 0.25;
const IN_STEP = 0.25;
const SAME_PLACE = 0.15;
const SAME_FRAME = 0.01;
const QUIET_AFTER_START_MS = 400;
const UNDER_WAY_MS = 2_000;
const UNSTEADY = 0.08;
/** Readings so far apart are no place to steer by. */
const SENSELESS = 0.5;
const QUIET_AFTER_CORRECTION_MS = 3_000;
const QUIET_AFTER_PLAY_MS = 1_000;
const CUE_PATIENCE_MS = 2_000;
const SETTLE_TRIES = 3;
/** A pause between two ticks in which a machine may have slept, and its clock with it. */
const GAP_MOST_MS = 5_000;

/**
 * `idle` nothing to do, `settle` to stand at the room's position, `start` to cue as soon as the player can,
 * `cue` waiting for the seek, `armed` waiting for the moment, `follow` playing under the law.
 */
type Phase = 'idle' | 'settle' | 'start' | 'cue' | 'armed' | 'follow';

/** A start that has not been looked at yet. */
interface Start {
  at: number;
  /** The cue that led to it; undefined when it was a play from where the player stood. */
  cue: Cue | undefined;
  /** Whether the room was still to come by: only then does the drift tell what starting costs. */
  isOnTime: boolean;
}

export class SyncController {
  #clock: Clock;
  #timers: Timers;
  #player: Player;
  #law: Law;
  #readings: Readings;
  #aim = new CueAim();
  #response = new RateResponse();
  #seeks = new Backoff(QUIET_AFTER_CORRECTION_MS);
  #plays = new Backoff(QUIET_AFTER_PLAY_MS);
  #state: PlaybackObject | undefined;
  #phase: Phase = 'idle';
  #cue: Cue | undefined;
  #start: Start | undefined;
  #cancel: Cancel | undefined;
  #tries = 0;
  #isHidden = false;
  #isFree = false;
  #wasInterrupted = false;
  #offset = 0;
  #tickedAt: number | undefined;
  #decidedAt = Number.NEGATIVE_INFINITY;
  #quietUntil = Number.NEGATIVE_INFINITY;
  #drift: number | undefined;
  #rate = 1;

  constructor(clock: Clock, timers: Timers, player: Player, tuning: Tuning = TUNING) {
    this.#clock = clock;
    this.#timers = timers;
    this.#player = player;
    this.#law = player.rates === 'fine' ? new FineLaw(tuning) : new CoarseLaw();
    this.#readings = new Readings(tuning.readings);
  }

  /** Seconds ahead of the room (behind is negative); undefined while there is nothing to measure. */
  get drift(): number | undefined {
    return this.#drift;
  }

  /** Takes the state that has just come into force. */
  apply(state: PlaybackObject): void {
    this.#state = state;
    this.#begin(this.#phase);
  }

  /** Leaves the player alone while the page cannot be seen, and comes back at once when it can. */
  setHidden(isHidden: boolean): void {
    this.#isHidden = isHidden;
    if (!isHidden) this.#seeks.reset();
  }

  /** Lets this viewer's picture run ahead of the room by so many seconds, for speakers that sound late. */
  setOffset(seconds: number): void {
    this.#offset = seconds;
    this.#forget();
  }

  /** Leaves the player to its viewer, whatever the room does; then brings it back to the room. */
  setFree(isFree: boolean): void {
    this.#isFree = isFree;
    this.#disarm();
    this.#enter('idle');
    if (isFree) this.#setRate(1);
    else this.syncNow();
  }

  /** To the room's position now, whatever has been tried before. Also after the viewer has let it play again. */
  syncNow(): void {
    if (this.#state?.media_id) this.#begin('start');
  }

  stop(): void {
    this.#disarm();
    this.#enter('idle');
  }

  /** To be called every `TICK_MS`. */
  tick(): void {
    this.#watchTime();
    const state = this.#player.state();
    if (!this.#state || this.#isFree || state === 'empty' || state === 'loading') return;
    if (this.#phase === 'settle') this.#stand();
    else if (state === 'blocked') this.#forget();
    else if (!this.#clock.isSure()) this.#pass();
    else if (this.#phase === 'start') this.#seek('command');
    else if (this.#phase === 'cue') this.#await();
    else if (this.#phase === 'follow') this.#follow();
  }

  #begin(was: Phase): void {
    this.#seeks.reset();
    this.#plays.reset();
    this.#response.reset();
    this.#disarm();
    const state = this.#state;
    if (this.#isFree || !state?.media_id) this.#enter('idle');
    else if (!state.playing) this.#settle();
    else if (this.#canGoOn(was)) this.#go();
    else this.#enter('start');
    this.tick();
  }

  /** Notices a sleep of the machine or a leap of its clock. What was measured against the time before is void. */
  #watchTime(): void {
    const now = this.#clock.local();
    const gap = now - (this.#tickedAt ?? now);
    this.#tickedAt = now;
    if (gap >= 0 && gap <= GAP_MOST_MS) return;
    this.#clock.doubt();
    this.#forget();
    this.#start = undefined;
    this.#decidedAt = now;
    this.#quietUntil = now;
    if (this.#cue) this.#cue.askedAt = now;
  }

  get #roomRate(): number {
    return this.#state?.rate ?? 1;
  }

  #target(): number {
    if (!this.#state) return 0;
    const position = positionAt(this.#state, this.#clock.server());
    return this.#state.playing ? Math.max(0, position + this.#offset) : position;
  }

  /** Whether the player stands or runs so near that a jump would be worse than the law. */
  #canGoOn(was: Phase): boolean {
    if (this.#player.state() !== 'ready' || !this.#clock.isSure()) return false;
    if (was !== 'follow' && was !== 'idle' && was !== 'settle') return false;
    return Math.abs(this.#player.position() - this.#target()) < SAME_PLACE;
  }

  #settle(): void {
    this.#tries = 0;
    this.#enter('settle');
    this.#player.pause();
  }

  #stand(): void {
    if (this.#player.state() === 'seeking') return;
    this.#setRate(1);
    const isThere = Math.abs(this.#player.position() - this.#target()) <= SAME_FRAME;
    if (isThere || this.#tries >= SETTLE_TRIES) this.#enter('idle');
    else {
      this.#tries += 1;
      this.#player.seek(this.#target());
    }
  }

  #seek(why: Cue['why'], missed = 0): void {
    this.#enter('cue');
    this.#wasInterrupted = false;
    this.#player.pause();
    this.#setRate(1);
    const aim = this.#aim.ahead(this.#target(), this.#roomRate, missed);
    this.#cue = { aim, missed, askedAt: this.#clock.local(), why };
    this.#player.seek(aim);
  }

  #await(): void {
    const cue = this.#cue;
    if (!cue) return;
    const now = this.#clock.local();
    const state = this.#player.state();
    // Some browsers fetch nothing before play: after a while it must be asked for.
    if (state !== 'ready' && state !== 'ended' && now - cue.askedAt < CUE_PATIENCE_MS) return;
    const landing = this.#aim.land(cue, this.#player.position(), now);
    const early = this.#aim.wait(landing, this.#target(), this.#roomRate);
    if (early <= 0 || state !== 'ready') this.#go(cue);
    else {
      this.#enter('armed');
      this.#cancel = this.#timers.after(early, () => this.#go(cue, true));
    }
  }

  #go(cue?: Cue, isOnTime = false): void {
    const now = this.#clock.local();
    const isCorrection = cue?.why === 'correction';
    this.#enter('follow');
    this.#setRate(1);
    this.#start = { at: now, cue, isOnTime };
    this.#quietUntil = now + (isCorrection ? QUIET_AFTER_CORRECTION_MS : QUIET_AFTER_START_MS);
    // To play at the end would begin again from the front.
    if (this.#player.isPaused() && this.#player.state() !== 'ended') this.#player.play();
  }

  #follow(): void {
    const now = this.#clock.local();
    const state = this.#player.state();
    if (this.#isHidden || state === 'stalled') this.#wasInterrupted = true;
    if (this.#isHidden || state !== 'ready') this.#pass();
    else if (this.#player.isPaused()) this.#resume(now);
    else this.#read(now);
  }

  /** Nothing can be measured now, so nothing is corrected either. */
  #pass(): void {
    this.#forget();
    if (this.#phase !== 'follow') return;
    this.#setRate(1);
    this.#quietUntil = Math.max(this.#quietUntil, this.#clock.local() + QUIET_AFTER_START_MS);
  }

  /** Something else has paused the player: it is asked to go on, less and less often. */
  #resume(now: number): void {
    this.#pass();
    if (!this.#plays.allows(now)) return;
    this.#plays.spend(now);
    this.#player.play();
  }

  #read(now: number): void {
    const drift = this.#player.position() - this.#target();
    if (!Number.isFinite(drift)) {
      this.#pass();
      return;
    }
    this.#plays.observe(true, now);
    this.#readings.add(drift);
    if (this.#readings.isFull && now - this.#decidedAt >= DECISION_MS)
      this.#decide(this.#readings.median, now);
  }

  #decide(drift: number, now: number): void {
    const elapsed = Math.min(1, (now - this.#decidedAt) / 1000);
    this.#decidedAt = now;
    this.#drift = drift;
    const isInStep = Math.abs(drift) < IN_STEP;
    if (isInStep) this.#wasInterrupted = false;
    this.#seeks.observe(isInStep, now);
    this.#response.observe(drift, this.#rate - this.#roomRate, elapsed, now);
    if (now < this.#quietUntil) return;
    if (this.#start && this.#judge(this.#start, drift, now)) return;
    this.#correct(drift, elapsed, now);
  }

  #correct(drift: number, elapsed: number, now: number): void {
    const isDeaf = this.#response.isDeaf(now);
    if (Math.abs(drift) > this.#reach(isDeaf) && this.#seeks.allows(now)) {
      this.#seeks.spend(now);
      this.#seek('correction');
    } else if (isDeaf || this.#readings.spread > SENSELESS) this.#setRate(1);
    else this.#setRate(this.#law.factor(drift, elapsed));
  }

  /** The drift beyond which a seek is better than a rate, in seconds of film. */
  #reach(isDeaf: boolean): number {
    const normal = this.#wasInterrupted ? SEEK_BEYOND_WHEN_INTERRUPTED : SEEK_BEYOND;
    // A slow room is also caught up with slowly: half a minute of correction is the most anyone should wait.
    return (isDeaf ? SEEK_BEYOND_WHEN_DEAF : normal) * Math.min(1, this.#roomRate);
  }

  /**
   * Looks once at how a start went, when the player is under way. One that missed by far is made once again: a
   * first start takes longer than any other, and the rate alone would need many seconds. True: nothing else yet.
   */
  #judge(start: Start, drift: number, now: number): boolean {
    if (this.#readings.spread > UNSTEADY && now - start.at < UNDER_WAY_MS) return true;
    this.#start = undefined;
    const { cue } = start;
    if (start.isOnTime) this.#aim.learn(drift, this.#roomRate);
    if (Math.abs(drift) <= SAME_PLACE || cue?.why === 'again' || cue?.why === 'correction') return false;
    this.#seek('again', cue?.missed);
    return true;
  }

  #forget(): void {
    this.#readings.forget();
    this.#drift = undefined;
    this.#law.reset();
    this.#response.forget();
  }

  #enter(phase: Phase): void {
    this.#phase = phase;
    this.#forget();
  }

  #disarm(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#cue = undefined;
    this.#start = undefined;
  }

  #setRate(factor: number): void {
    const rate = this.#roomRate * factor;
    if (factor !== 1 && Math.abs(rate - this.#rate) < 0.002) return;
    if (rate === this.#rate) return;
    this.#rate = rate;
    this.#player.setRate(rate);
  }
}
