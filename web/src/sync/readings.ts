/** The last few readings of the drift, in seconds. */

import { median } from './median';

export class Readings {
  #most: number;
  #values: number[] = [];

  constructor(most: number) {
    this.#most = most;
  }

  get isFull(): boolean {
    return this.#values.length === this.#most;
  }

  get median(): number {
    return median(this.#values);
  }

  /** From the least to the greatest: small while the player runs evenly. */
  get spread(): number {
    return Math.max(...this.#values) - Math.min(...this.#values);
  }

  add(drift: number): void {
    this.#values.push(drift);
    if (this.#values.length > this.#most) this.#values.shift();
  }

  forget(): void {
    this.#values = [];
  }
}
