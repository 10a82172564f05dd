/**
 * Keeps one player where the room is. Called by the room page with every state that comes into force, and by a
 * timer every 50 ms. Knows no DOM: a clock, timers and a player are all that it sees.
 *
 * A start is a cue: the player is held on a frame a little ahead of the room, and let go at the moment when the
 * room comes by. So a slow seek costs a short still picture, not a chase. After that small drifts are taken out
 * by the rate, and large ones by another cue, ever more rarely while that does not help.
 */

import type { PlaybackObject } from '../generated/realtime';
import type { Clock } from './clock';
import { CoarseLaw, FineLaw, type Law } from './law';
import { median } from './median';
import { positionAt } from './playback';
import type { Player } from './player';
import { Backoff, SeekCost, StartLag } from './seeking';
import type { Cancel, Timers } from './timers';

export const TICK_MS = 50;

const READINGS = 5;
const DECISION_MS = 250;
const SEEK_BEYOND = 1.5;
const IN_STEP = 0.25;
const SAME_PLACE = 0.15;
const SAME_FRAME = 0.01;
const QUIET_AFTER_START_MS = 400;
const UNDER_WAY_MS = 2_000;
const UNSTEADY = 0.08;
const QUIET_AFTER_CORRECTION_MS = 3_000;
const CUE_PATIENCE_MS = 2_000;
const SETTLE_TRIES = 3;

/**
 * `idle` nothing to do, `settle` to stand at the room's position, `start` to cue as soon as the player can,
 * `cue` waiting for the seek, `armed` waiting for the moment, `follow` playing under the law.
 */
type Phase = 'idle' | 'settle' | 'start' | 'cue' | 'armed' | 'follow';

interface Cue {
  aim: number;
  askedAt: number;
  why: 'command' | 'again' | 'correction';
}

/** A start that has not been looked at yet. */
interface Start {
  at: number;
  /** The cue that led to it; undefined when it was a play from where the player stood. */
  cue: Cue | undefined;
}

export class SyncController {
  #clock: Clock;
  #timers: Timers;
  #player: Player;
  #law: Law;
  #cost = new SeekCost();
  #lag = new StartLag();
  #backoff = new Backoff();
  #state: PlaybackObject | undefined;
  #phase: Phase = 'idle';
  #cue: Cue | undefined;
  #start: Start | undefined;
  #cancel: Cancel | undefined;
  #tries = 0;
  #isHidden = false;
  #readings: number[] = [];
  #decidedAt = 0;
  #quietUntil = 0;
  #drift: number | undefined;
  #rate = 1;

  constructor(clock: Clock, timers: Timers, player: Player) {
    this.#clock = clock;
    this.#timers = timers;
    this.#player = player;
    this.#law = player.rates === 'fine' ? new FineLaw() : new CoarseLaw();
  }

  /** Seconds ahead of the room (behind is negative); undefined while there is nothing to measure. */
  get drift(): number | undefined {
    return this.#drift;
  }

  /** Takes the state that has just come into force. */
  apply(state: PlaybackObject): void {
    const was = this.#phase;
    this.#state = state;
    this.#backoff.reset();
    this.#disarm();
    if (!state.media_id) this.#enter('idle');
    else if (!state.playing) this.#settle();
    else if (this.#canGoOn(was)) this.#go();
    else this.#enter('start');
    this.tick();
  }

  /** Leaves the player alone while the page cannot be seen, and comes back at once when it can. */
  setHidden(isHidden: boolean): void {
    this.#isHidden = isHidden;
    if (!isHidden) this.#backoff.reset();
  }

  /** To the room's position now, whatever has been tried before. Also after the viewer has let it play again. */
  syncNow(): void {
    if (!this.#state?.media_id) return;
    this.#backoff.reset();
    this.#disarm();
    if (this.#state.playing) this.#enter('start');
    else this.#settle();
    this.tick();
  }

  stop(): void {
    this.#disarm();
    this.#enter('idle');
  }

  /** To be called every `TICK_MS`. */
  tick(): void {
    const state = this.#player.state();
    if (!this.#state || state === 'empty' || state === 'loading') return;
    if (this.#phase === 'settle') this.#stand();
    else if (state === 'blocked') this.#forget();
    else if (this.#phase === 'start') this.#seek('command');
    else if (this.#phase === 'cue') this.#await();
    else if (this.#phase === 'follow') this.#follow();
  }

  #target(): number {
    return this.#state ? positionAt(this.#state, this.#clock.server()) : 0;
  }

  /** Whether the player stands or runs so near that a jump would be worse than the law. */
  #canGoOn(was: Phase): boolean {
    if (this.#player.state() !== 'ready') return false;
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

  #seek(why: Cue['why']): void {
    this.#enter('cue');
    this.#player.pause();
    this.#setRate(1);
    const ahead = ((this.#cost.lead + this.#lag.lead) / 1000) * (this.#state?.rate ?? 1);
    const aim = this.#target() + ahead;
    this.#cue = { aim, askedAt: this.#clock.local(), why };
    this.#player.seek(aim);
  }

  #await(): void {
    const cue = this.#cue;
    if (!cue) return;
    const waited = this.#clock.local() - cue.askedAt;
    const state = this.#player.state();
    // Some browsers fetch nothing before play: after a while it must be asked for.
    if (state !== 'ready' && state !== 'ended' && waited < CUE_PATIENCE_MS) return;
    this.#cost.learn(waited);
    const early = ((cue.aim - this.#target()) / (this.#state?.rate ?? 1)) * 1000 - this.#lag.lead;
    if (early <= 0 || state !== 'ready') this.#go(cue);
    else {
      this.#enter('armed');
      this.#cancel = this.#timers.after(early, () => this.#go(cue));
    }
  }

  #go(cue?: Cue): void {
    const now = this.#clock.local();
    const isCorrection = cue?.why === 'correction';
    this.#enter('follow');
    this.#setRate(1);
    this.#start = { at: now, cue };
    this.#quietUntil = now + (isCorrection ? QUIET_AFTER_CORRECTION_MS : QUIET_AFTER_START_MS);
    if (isCorrection) this.#backoff.spend(now);
    // To play at the end would begin again from the front.
    if (this.#player.isPaused() && this.#player.state() !== 'ended') this.#player.play();
  }

  #follow(): void {
    const now = this.#clock.local();
    if (this.#isHidden || this.#player.state() !== 'ready') {
      this.#forget();
      this.#setRate(1);
      this.#quietUntil = Math.max(this.#quietUntil, now + QUIET_AFTER_START_MS);
      return;
    }
    if (this.#player.isPaused()) this.#player.play();
    this.#readings.push(this.#player.position() - this.#target());
    if (this.#readings.length > READINGS) this.#readings.shift();
    if (this.#readings.length < READINGS || now - this.#decidedAt < DECISION_MS) return;
    this.#decide(median(this.#readings), now);
  }

  #decide(drift: number, now: number): void {
    const elapsed = Math.min(1, (now - this.#decidedAt) / 1000);
    this.#decidedAt = now;
    this.#drift = drift;
    this.#backoff.observe(Math.abs(drift) < IN_STEP, now);
    if (now < this.#quietUntil) return;
    if (this.#start && this.#judge(this.#start, drift, now)) return;
    if (Math.abs(drift) > SEEK_BEYOND && this.#backoff.allows(now)) this.#seek('correction');
    else this.#setRate(this.#law.factor(drift, elapsed));
  }

  /**
   * Looks once at how a start went, when the player is under way. One that missed by far is made once again: a
   * first start takes longer than any other, and the rate alone would need many seconds. True: nothing else yet.
   */
  #judge(start: Start, drift: number, now: number): boolean {
    const isUnsteady = Math.max(...this.#readings) - Math.min(...this.#readings) > UNSTEADY;
    if (isUnsteady && now - start.at < UNDER_WAY_MS) return true;
    this.#start = undefined;
    if (start.cue) this.#lag.learn((drift / (this.#state?.rate ?? 1)) * 1000);
    if (Math.abs(drift) <= SAME_PLACE || start.cue?.why === 'again' || start.cue?.why === 'correction')
      return false;
    this.#seek('again');
    return true;
  }

  #forget(): void {
    this.#readings = [];
    this.#drift = undefined;
    this.#law.reset();
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
    const rate = (this.#state?.rate ?? 1) * factor;
    if (factor !== 1 && Math.abs(rate - this.#rate) < 0.002) return;
    if (rate === this.#rate) return;
    this.#rate = rate;
    this.#player.setRate(rate);
  }
}
