/**
 * The server's clock as this page knows it, by NTP's formula over `time.ping` and `time.pong`.
 * Pure; fed by the room's connection, read by the schedule and the controller.
 */

/** Two readings of one instant. Both in milliseconds. */
export interface Clock {
  /** Monotonic, since the page was opened. */
  local(): number;
  /** Since the Unix epoch, by the server. */
  server(): number;
  /** Whether `server()` rests on a round trip. Until then it is a guess that nothing should be moved by. */
  isSure(): boolean;
  /** To be called when local time has behaved oddly: nothing is believed until the next round trip. */
  doubt(): void;
}

/** One round trip: sent and received by the local clock, received and sent by the server's. */
export interface RoundTrip {
  t0: number;
  t1: number;
  t2: number;
  t3: number;
}

/** What one round trip says of the offset: it lies between these two. */
interface Bounds {
  least: number;
  most: number;
  at: number;
}

const WINDOW = 16;
/** The server tells whole milliseconds, rounded down. */
const GRAIN_MS = 1;
/** How fast a local clock may run wrong: what was measured long ago says less. */
const SKEW = 250e-6;
/** A round trip that took longer says nothing, and may have a leap of the clock in it. */
const DELAY_MOST_MS = 5_000;

/**
 * Follows the server's clock. The way out bounds the offset from above and the way back from below, so of the last
 * 16 round trips the fastest way out and the fastest way back are believed, each wherever it was seen
 * (docs/decisions/0012). A round trip that contradicts them all means that a clock has leapt.
 */
export class ServerClock implements Clock {
  readonly local: () => number;
  #samples: Bounds[] = [];
  #offset: number;
  #onDoubt: (() => void) | undefined;

  constructor(local: () => number, offset = 0) {
    this.local = local;
    this.#offset = offset;
  }

  server(): number {
    return this.local() + this.#offset;
  }

  isSure(): boolean {
    return this.#samples.length > 0;
  }

  doubt(): void {
    this.#samples = [];
    this.#onDoubt?.();
  }

  /** `ask` is called when the server should be asked for the time soon. */
  whenDoubted(ask: () => void): void {
    this.#onDoubt = ask;
  }

  /** Begins anew for a new connection, with one moment of the server as a first guess (late by the way here). */
  restart(serverTime: number): void {
    this.#samples = [];
    this.#offset = serverTime - this.local();
  }

  /** Takes one round trip; false when all before it had to be forgotten. Impossible ones change nothing. */
  add({ t0, t1, t2, t3 }: RoundTrip): boolean {
    const delay = t3 - t0 - (t2 - t1);
    if (!(delay >= -GRAIN_MS && delay <= DELAY_MOST_MS && t2 >= t1 && t3 >= t0)) return true;
    this.#samples.push({ least: t2 - t3, most: t1 + GRAIN_MS - t0, at: t3 });
    if (this.#samples.length > WINDOW) this.#samples.shift();
    const agrees = this.#estimate(t3);
    if (!agrees) {
      this.#samples = this.#samples.slice(-1);
      this.#estimate(t3);
    }
    return agrees;
  }

  #estimate(now: number): boolean {
    let least = Number.NEGATIVE_INFINITY;
    let most = Number.POSITIVE_INFINITY;
    for (const sample of this.#samples) {
      const slack = Math.abs(now - sample.at) * SKEW;
      least = Math.max(least, sample.least - slack);
      most = Math.min(most, sample.most + slack);
    }
    this.#offset = (least + most) / 2;
    return least <= most;
  }
}
