/** A world whose time is turned by hand, and a player in it with the faults that real ones have. */

import type { PlaybackObject } from '../../src/generated/realtime';
import type { Clock } from '../../src/sync/clock';
import { SyncController, TICK_MS } from '../../src/sync/controller';
import { positionAt } from '../../src/sync/playback';
import type { Player, PlayerState } from '../../src/sync/player';
import type { Cancel, Timers } from '../../src/sync/timers';

const STEP_MS = 5;
const SERVER_AHEAD_MS = 1_700_000_000_000;

export class World implements Clock, Timers {
  now = 0;
  #timers = new Set<{ at: number; run: () => void }>();
  #moving: ((seconds: number) => void)[] = [];

  local(): number {
    return this.now;
  }

  server(): number {
    return this.now + SERVER_AHEAD_MS;
  }

  after(milliseconds: number, run: () => void): Cancel {
    const timer = { at: this.now + Math.max(0, milliseconds), run };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  every(milliseconds: number, run: () => void): void {
    this.after(milliseconds, () => {
      run();
      this.every(milliseconds, run);
    });
  }

  onStep(move: (seconds: number) => void): void {
    this.#moving.push(move);
  }

  pass(milliseconds: number, look?: () => void): void {
    const end = this.now + milliseconds;
    while (this.now < end) {
      this.now += STEP_MS;
      for (const move of this.#moving) move(STEP_MS / 1000);
      for (const timer of [...this.#timers].sort((a, b) => a.at - b.at)) {
        if (timer.at > this.now || !this.#timers.delete(timer)) continue;
        timer.run();
      }
      look?.();
    }
  }
}

export interface Faults {
  seekCostMs?: () => number;
  /** How far from where it was asked to a seek lands, in seconds. */
  seekError?: () => number;
  playLatencyMs?: () => number;
  /** Speed of the player's own clock, 1 when right. */
  skew?: number;
  /** Spans of world time without data, in milliseconds. */
  stalls?: readonly (readonly [number, number])[];
  rates?: 'fine' | 'coarse';
  /** Says that it plays and does not move. */
  isFrozen?: () => boolean;
  /** Readings are rounded down to this, in seconds. */
  grain?: number;
  /** Says yes to every rate and keeps its own. */
  ignoresRates?: boolean;
}

export class ModelPlayer implements Player {
  readonly rates: 'fine' | 'coarse';
  isBlocked = false;
  seeks: number[] = [];
  #world: World;
  #faults: Faults;
  #position = 0;
  #isPaused = true;
  #seekingUntil = 0;
  #movesFrom = 0;
  #rate = 1;

  constructor(world: World, faults: Faults = {}) {
    this.#world = world;
    this.#faults = faults;
    this.rates = faults.rates ?? 'fine';
    world.onStep((seconds) => this.#move(seconds));
  }

  state(): PlayerState {
    if (this.isBlocked) return 'blocked';
    if (this.#world.now < this.#seekingUntil) return 'seeking';
    return this.#isStalled() ? 'stalled' : 'ready';
  }

  get rate(): number {
    return this.#rate;
  }

  position(): number {
    const grain = this.#faults.grain ?? 0;
    return grain ? Math.floor(this.#position / grain) * grain : this.#position;
  }

  isPaused(): boolean {
    return this.#isPaused;
  }

  play(): void {
    this.#isPaused = false;
    this.#movesFrom = this.#world.now + (this.#faults.playLatencyMs?.() ?? 0);
  }

  pause(): void {
    this.#isPaused = true;
  }

  seek(position: number): void {
    this.seeks.push(this.#world.now);
    this.#position = Math.max(0, position + (this.#faults.seekError?.() ?? 0));
    this.#seekingUntil = this.#world.now + (this.#faults.seekCostMs?.() ?? 0);
  }

  setRate(rate: number): void {
    this.#rate = this.rates === 'coarse' ? Math.round(rate * 4) / 4 : rate;
  }

  /** As if its owner had dragged it. */
  displace(seconds: number): void {
    this.#position += seconds;
  }

  #isStalled(): boolean {
    return (this.#faults.stalls ?? []).some(([from, to]) => this.#world.now >= from && this.#world.now < to);
  }

  #move(seconds: number): void {
    if (this.#isPaused || this.state() !== 'ready' || this.#world.now < this.#movesFrom) return;
    if (this.#faults.isFrozen?.()) return;
    this.#position += seconds * (this.#faults.ignoresRates ? 1 : this.#rate) * (this.#faults.skew ?? 1);
  }
}

/** A controller with a model player, ticking. */
export class Viewer {
  readonly player: ModelPlayer;
  readonly controller: SyncController;
  #world: World;
  #state: PlaybackObject | undefined;

  constructor(world: World, faults: Faults = {}) {
    this.#world = world;
    this.player = new ModelPlayer(world, faults);
    this.controller = new SyncController(world, world, this.player);
    world.every(TICK_MS, () => this.controller.tick());
  }

  apply(state: PlaybackObject): void {
    this.#state = state;
    this.controller.apply(state);
  }

  /** The truth, in seconds: how far the picture is ahead of the room. */
  get drift(): number {
    return this.#state ? this.player.position() - positionAt(this.#state, this.#world.server()) : Number.NaN;
  }
}

export function playback(world: World, fields: Partial<PlaybackObject> = {}): PlaybackObject {
  return {
    media_id: 'med_1',
    playing: true,
    position: 0,
    rate: 1,
    revision: 1,
    changed_at: world.server(),
    effective_at: world.server(),
    ...fields,
  };
}

/** Numbers that look random and are the same on every run. */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}
