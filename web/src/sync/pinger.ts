/** When to ask the server for the time: a burst when a connection begins or a clock has leapt, then now and then. */

import type { ServerClock } from './clock';
import type { Cancel, Timers } from './timers';

const BURST = 8;
const BURST_GAP_MS = 100;
const GAP_MS = 10_000;

export interface Pong {
  t0: number;
  t1: number;
  t2: number;
}

export class Pinger {
  #clock: ServerClock;
  #timers: Timers;
  #send: (t0: number, rttMs: number | undefined) => void;
  #sent = 0;
  #burstAt = 0;
  #rtt: number | undefined;
  #cancel: Cancel | undefined;

  constructor(clock: ServerClock, timers: Timers, send: (t0: number, rttMs: number | undefined) => void) {
    this.#clock = clock;
    this.#timers = timers;
    this.#send = send;
    clock.whenDoubted(() => this.#again());
  }

  /** The last round trip in milliseconds. */
  get rtt(): number | undefined {
    return this.#rtt;
  }

  start(): void {
    this.#rtt = undefined;
    this.#burst();
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  pong({ t0, t1, t2 }: Pong): void {
    const t3 = this.#clock.local();
    const rtt = t3 - t0 - (t2 - t1);
    if (Number.isFinite(rtt)) this.#rtt = Math.max(0, rtt);
    if (!this.#clock.add({ t0, t1, t2, t3 })) this.#again();
  }

  /** A new burst, unless one was just made: a clock that leaps all the time must not fill the line. */
  #again(): void {
    const isRecent = Math.abs(this.#clock.local() - this.#burstAt) < GAP_MS;
    if (this.#cancel && !isRecent) this.#burst();
  }

  #burst(): void {
    this.stop();
    this.#sent = 0;
    this.#burstAt = this.#clock.local();
    this.#ping();
  }

  #ping(): void {
    this.#send(this.#clock.local(), this.#rtt);
    this.#sent += 1;
    this.#cancel = this.#timers.after(this.#sent < BURST ? BURST_GAP_MS : GAP_MS, () => this.#ping());
  }
}
