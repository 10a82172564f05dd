/** Time that is turned by hand: it leaps from one timer to the next, so an hour costs what happens in it. */

import type { Cancel, Timers } from '../src/sync/timers';

/** What the server's clock shows when the world begins. */
export const SERVER_EPOCH_MS = 1_700_000_000_000;

interface Timer {
  at: number;
  run: () => void;
}

/** True time: a world's, or the machine's own. */
export interface Moments extends Timers {
  /** In milliseconds; every clock is this one with its faults. */
  readonly now: number;
}

export class World implements Moments {
  now = 0;
  #timers: Timer[] = [];

  server(): number {
    return this.now + SERVER_EPOCH_MS;
  }

  after(milliseconds: number, run: () => void): Cancel {
    const timer = { at: this.now + Math.max(0, milliseconds), run };
    let place = this.#timers.length;
    while (place > 0 && this.#at(place - 1) > timer.at) place -= 1;
    this.#timers.splice(place, 0, timer);
    return () => {
      const found = this.#timers.indexOf(timer);
      if (found >= 0) this.#timers.splice(found, 1);
    };
  }

  every(milliseconds: number, run: () => void): void {
    this.after(milliseconds, () => {
      run();
      this.every(milliseconds, run);
    });
  }

  /** Lets time go by; `look` sees the world every `step` milliseconds. */
  pass(milliseconds: number, look?: () => void, step = 5): void {
    const end = this.now + milliseconds;
    if (!look) this.#until(end);
    else
      while (this.now < end) {
        this.#until(Math.min(end, this.now + step));
        look();
      }
  }

  #until(end: number): void {
    while (this.#at(0) <= end) {
      const timer = this.#timers.shift() as Timer;
      this.now = timer.at;
      timer.run();
    }
    this.now = end;
  }

  #at(place: number): number {
    return this.#timers[place]?.at ?? Number.POSITIVE_INFINITY;
  }
}

/** Numbers that look random and are the same on every run. */
export function randomFrom(seed: number): () => number {
  let state = Math.imul(seed, 2_654_435_761) >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
