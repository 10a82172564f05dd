/** One viewer, whole: a clock with faults, a line, and the client's own modules over a model player. */

import { ServerClock } from '../src/sync/clock';
import { SyncController, TICK_MS } from '../src/sync/controller';
import { Pinger } from '../src/sync/pinger';
import { Schedule } from '../src/sync/schedule';
import type { Tuning } from '../src/sync/tuning';
import { type Delay, Way } from './line';
import { type Faults, ModelPlayer, type Span } from './player';
import type { Room } from './room';
import type { World } from './world';

export interface Person {
  delay: Delay;
  player?: Faults;
  /** Speed of the machine's clock, 1 when right. */
  clockSkew?: number;
  /** Moments at which that clock leaps, and by how many milliseconds. */
  leaps?: readonly (readonly [at: number, by: number])[];
  /** When the page cannot be seen. */
  hidden?: readonly Span[];
  joinsAt?: number;
}

export class Viewer {
  readonly player: ModelPlayer;
  readonly controller: SyncController;
  readonly clock: ServerClock;
  #room: Room;

  constructor(world: World, room: Room, random: () => number, person: Person, tuning?: Tuning) {
    this.#room = room;
    const begin = random() * 1e7;
    const leapt = (): number =>
      (person.leaps ?? []).reduce((sum, [at, by]) => (world.now >= at ? sum + by : sum), 0);
    this.clock = new ServerClock(() => begin + world.now * (person.clockSkew ?? 1) + leapt());
    this.player = new ModelPlayer(world, person.player);
    this.controller = new SyncController(this.clock, world, this.player, tuning);
    const schedule = new Schedule(this.clock, world, (state) => this.controller.apply(state));
    const out = new Way(world, random, person.delay);
    const back = new Way(world, random, person.delay);
    const pinger = new Pinger(this.clock, world, (t0) =>
      out.send(() => {
        const at = Math.floor(world.server());
        back.send(() => pinger.pong({ t0, t1: at, t2: at }));
      }),
    );
    const hidden = person.hidden ?? [];
    const look = (): void =>
      this.controller.setHidden(hidden.some(([from, to]) => world.now >= from && world.now < to));
    for (const moment of hidden.flat()) world.after(moment, look);
    world.after(person.joinsAt ?? 0, () => {
      const { state } = room;
      const at = Math.floor(world.server());
      back.send(() => {
        this.clock.restart(at);
        pinger.start();
        schedule.replace(state);
        world.every(TICK_MS, () => this.controller.tick());
      });
      room.follow((newer) => back.send(() => schedule.offer(newer)));
    });
  }

  /** The truth, in seconds: how far the picture is ahead of the room. */
  get drift(): number {
    return this.player.truth - this.#room.position();
  }
}
