/**
 * The server's clock as this page knows it: NTP's formula over `time.ping` and `time.pong`.
 * Pure; fed by the room's connection, read by the schedule and the controller.
 */

/** Two readings of one instant. Both in milliseconds. */
export interface Clock {
  /** Monotonic, since the page was opened. */
  local(): number;
  /** Since the Unix epoch, by the server. */
  server(): number;
}

/** One round trip: sent and received by the local clock, received and sent by the server's. */
export interface RoundTrip {
  t0: number;
  t1: number;
  t2: number;
  t3: number;
}

interface Sample {
  offset: number;
  delay: number;
}

const WINDOW = 16;

/**
 * Follows the server's clock. The sample with the least delay of the last 16 is the one believed: a reply that
 * was held up somewhere says little about the clock and much about the way.
 */
export class ServerClock implements Clock {
  readonly local: () => number;
  #samples: Sample[] = [];
  #offset: number;

  constructor(local: () => number, offset = 0) {
    this.local = local;
    this.#offset = offset;
  }

  server(): number {
    return this.local() + this.#offset;
  }

  /** Begins anew for a new connection, with one moment of the server as a first guess (late by the way here). */
  restart(serverTime: number): void {
    this.#samples = [];
    this.#offset = serverTime - this.local();
  }

  /** Takes one round trip; returns what it took, in milliseconds. Impossible ones change nothing. */
  add({ t0, t1, t2, t3 }: RoundTrip): number {
    const delay = t3 - t0 - (t2 - t1);
    if (!Number.isFinite(delay) || delay < 0 || t2 < t1) return Math.max(0, t3 - t0);
    this.#samples.push({ offset: (t1 - t0 + (t2 - t3)) / 2, delay });
    if (this.#samples.length > WINDOW) this.#samples.shift();
    this.#offset = this.#samples.reduce((best, sample) => (sample.delay < best.delay ? sample : best)).offset;
    return delay;
  }
}
