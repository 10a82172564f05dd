/** Whether and when to come back after a connection has ended. By the close codes of the protocol. */

import { CloseCode } from '../generated/realtime';

const FIRST_MS = 500;
/** A server that restarts is back within seconds, and so are we; one that is away for a minute is asked seldom. */
const SOON_MS = 2_500;
const SOON_TRIES = 30;
const LATER_MS = 20_000;
const CROWDED_MS = 5_000;

/** 4500 to 4999: the server asks us to stay away; the code says why. */
export function isFinal(code: number): boolean {
  return code >= 4500 && code <= 4999;
}

/** Growing waits, spread by chance so that a room does not come back all at once. */
export class ReturnDelay {
  #random: () => number;
  #tries = 0;
  #announced: number | undefined;

  constructor(random: () => number = Math.random) {
    this.#random = random;
  }

  /** The server has said when it wants us back. */
  announce(milliseconds: number): void {
    this.#announced = milliseconds;
  }

  succeed(): void {
    this.#tries = 0;
  }

  /** Milliseconds to wait; at least as long as the server has asked for. */
  next(code: number, askedForMs = 0): number {
    const announced = this.#announced;
    this.#announced = undefined;
    if (announced !== undefined) return announced;
    const most = Math.min(FIRST_MS * 2 ** this.#tries, this.#tries < SOON_TRIES ? SOON_MS : LATER_MS);
    this.#tries += 1;
    const least = code === CloseCode.TOO_MANY_CONNECTIONS ? CROWDED_MS : askedForMs;
    return least + most * (0.5 + this.#random() / 2);
  }
}
