/** A player with the faults that real ones have, and a record of all that was asked of it. */

import type { Player, PlayerState } from '../src/sync/player';
import type { Moments } from './world';

/** From and to, in milliseconds of the world. */
export type Span = readonly [number, number];

export interface Faults {
  seekCostMs?: () => number;
  /** Where a seek to this position ends, in seconds: players that know key frames only, or land beside. */
  landing?: (position: number) => number;
  playLatencyMs?: () => number;
  /** From being told a rate to running at it. */
  rateLatencyMs?: number;
  /** Speed of the player's own clock, 1 when right. */
  skew?: number;
  /** Without data, and the player says so. */
  stalls?: readonly Span[];
  /** Says that it plays, and does not move. */
  frozen?: readonly Span[];
  /** Moments at which it pauses of its own accord. */
  pausesAt?: readonly number[];
  rates?: 'fine' | 'coarse';
  /** Says yes to every rate and keeps its own. */
  ignoresRates?: boolean;
  /** What it says of its position, in seconds, instead of the truth. */
  says?: (position: number, now: number) => number;
  /** Length of the item in seconds. */
  duration?: number;
}

export interface Asked {
  at: number;
  what: 'seek' | 'play' | 'rate';
  /** The rate, or the position in seconds. */
  value: number;
  /** In which state the player was. */
  state: PlayerState;
}

export class ModelPlayer implements Player {
  readonly rates: 'fine' | 'coarse';
  readonly asked: Asked[] = [];
  isBlocked = false;
  #world: Moments;
  #faults: Faults;
  #standing: readonly Span[];
  #position = 0;
  #movedUntil = 0;
  #isPaused = true;
  #seekingUntil = 0;
  #movesFrom = 0;
  #rate = 1;

  constructor(world: Moments, faults: Faults = {}) {
    this.#world = world;
    this.#faults = faults;
    this.#standing = [...(faults.stalls ?? []), ...(faults.frozen ?? [])];
    this.rates = faults.rates ?? 'fine';
    for (const at of faults.pausesAt ?? []) world.after(at - world.now, () => this.pause());
  }

  get rate(): number {
    return this.#rate;
  }

  get seeks(): Asked[] {
    return this.asked.filter((each) => each.what === 'seek');
  }

  /** Where the picture is, whatever the player says. */
  get truth(): number {
    this.#move();
    return this.#position;
  }

  state(): PlayerState {
    if (this.isBlocked) return 'blocked';
    if (this.#world.now < this.#seekingUntil) return 'seeking';
    if (this.truth >= (this.#faults.duration ?? Number.POSITIVE_INFINITY)) return 'ended';
    return this.#isStalled() ? 'stalled' : 'ready';
  }

  position(): number {
    return this.#faults.says ? this.#faults.says(this.truth, this.#world.now) : this.truth;
  }

  isPaused(): boolean {
    return this.#isPaused;
  }

  play(): void {
    this.#note('play', this.truth);
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.#movesFrom = this.#world.now + (this.#faults.playLatencyMs?.() ?? 0);
  }

  pause(): void {
    this.#move();
    this.#isPaused = true;
  }

  seek(position: number): void {
    this.#note('seek', position);
    this.#move();
    this.#position = Math.max(0, this.#faults.landing?.(position) ?? position);
    this.#seekingUntil = this.#world.now + (this.#faults.seekCostMs?.() ?? 0);
  }

  setRate(rate: number): void {
    this.#note('rate', rate);
    const kept = this.rates === 'coarse' ? Math.round(rate * 4) / 4 : rate;
    if (this.#faults.rateLatencyMs) this.#world.after(this.#faults.rateLatencyMs, () => this.#runAt(kept));
    else this.#runAt(kept);
  }

  /** As if its owner had dragged it. */
  displace(seconds: number): void {
    this.#move();
    this.#position += seconds;
  }

  #runAt(rate: number): void {
    this.#move();
    this.#rate = rate;
  }

  #note(what: Asked['what'], value: number): void {
    this.asked.push({ at: this.#world.now, what, value, state: this.state() });
  }

  #isStalled(): boolean {
    return (this.#faults.stalls ?? []).some(([from, to]) => this.#world.now >= from && this.#world.now < to);
  }

  #move(): void {
    const now = this.#world.now;
    const from = Math.max(this.#movedUntil, this.#seekingUntil, this.#movesFrom);
    this.#movedUntil = now;
    if (this.#isPaused || now <= from) return;
    let milliseconds = now - from;
    for (const [begin, end] of this.#standing) {
      milliseconds -= Math.max(0, Math.min(now, end) - Math.max(from, begin));
    }
    const rate = this.#faults.ignoresRates ? 1 : this.#rate;
    const moved = (Math.max(0, milliseconds) / 1000) * rate * (this.#faults.skew ?? 1);
    this.#position = Math.min(this.#position + moved, this.#faults.duration ?? Number.POSITIVE_INFINITY);
  }
}
