/** A viewer whose clock is right and whose line takes no time, for the tests of the controller alone. */

import { type Faults, ModelPlayer } from '../../sim/player';
import type { World } from '../../sim/world';
import type { PlaybackObject } from '../../src/generated/realtime';
import type { Clock } from '../../src/sync/clock';
import { SyncController, TICK_MS } from '../../src/sync/controller';
import { positionAt } from '../../src/sync/playback';

/** The world's own time, unless a test makes it leap. */
export class TestClock implements Clock {
  /** What local time has leapt by, in milliseconds; the server's is not known again before `settle`. */
  leaptBy = 0;
  doubts = 0;
  #isSure = true;
  #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  local(): number {
    return this.#world.now + this.leaptBy;
  }

  server(): number {
    return this.#world.server() + (this.#isSure ? 0 : this.leaptBy);
  }

  isSure(): boolean {
    return this.#isSure;
  }

  doubt(): void {
    this.doubts += 1;
    this.#isSure = false;
  }

  /** As after a round trip. */
  settle(): void {
    this.#isSure = true;
  }
}

/** A controller with a model player, ticking. */
export class LoneViewer {
  readonly player: ModelPlayer;
  readonly controller: SyncController;
  readonly clock: TestClock;
  #world: World;
  #state: PlaybackObject | undefined;

  constructor(world: World, faults: Faults = {}) {
    this.#world = world;
    this.clock = new TestClock(world);
    this.player = new ModelPlayer(world, faults);
    this.controller = new SyncController(this.clock, world, this.player);
    world.every(TICK_MS, () => this.controller.tick());
  }

  apply(state: PlaybackObject): void {
    this.#state = state;
    this.controller.apply(state);
  }

  /** The truth, in seconds: how far the picture is ahead of the room. */
  get drift(): number {
    return this.#state ? this.player.truth - positionAt(this.#state, this.#world.server()) : Number.NaN;
  }
}
