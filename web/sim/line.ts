/** A line that takes time: each frame its own, and none overtakes another, as over TCP. */

import type { World } from './world';

export interface Delay {
  /** Milliseconds each way, at least and at most. */
  least: number;
  most: number;
}

export class Way {
  #world: World;
  #random: () => number;
  #delay: Delay;
  #freeAt = 0;

  constructor(world: World, random: () => number, delay: Delay) {
    this.#world = world;
    this.#random = random;
    this.#delay = delay;
  }

  send(arrive: () => void): void {
    const took = this.#delay.least + this.#random() * (this.#delay.most - this.#delay.least);
    this.#freeAt = Math.max(this.#freeAt, this.#world.now + took);
    this.#world.after(this.#freeAt - this.#world.now, arrive);
  }
}
