/** What the controller has learned about seeks: what one costs on this player, and when the next is allowed. */

const SILENCE_MS = 3_000;
const SILENCE_MOST_MS = 192_000;
const COST_MOST_MS = 4_000;
const LAG_MOST_MS = 300;

/** The time from asking for a seek to being able to play from there, learned from each one. */
export class SeekCost {
  #milliseconds = 120;

  /** How far ahead to aim, in milliseconds: the cost and a little more, since waiting is easier than catching up. */
  get lead(): number {
    return this.#milliseconds * 1.25 + 40;
  }

  learn(milliseconds: number): void {
    const cost = Math.min(milliseconds, COST_MOST_MS);
    this.#milliseconds = cost > this.#milliseconds ? cost : this.#milliseconds * 0.7 + cost * 0.3;
  }
}

/**
 * How long a player needs from being asked to play to moving. Learned from starts that went as usual; one that
 * took very long (the first of all, a machine under load) says nothing about the next.
 */
export class StartLag {
  #milliseconds = 25;

  /** How much too early to ask, in milliseconds. */
  get lead(): number {
    return this.#milliseconds;
  }

  /** Takes the drift that was left after a start that was asked for `lead` early; in milliseconds. */
  learn(drift: number): void {
    const lag = this.#milliseconds - drift;
    if (lag >= -LAG_MOST_MS && lag <= LAG_MOST_MS) {
      this.#milliseconds = Math.max(0, this.#milliseconds * 0.6 + lag * 0.4);
    }
  }
}

/** Correcting seeks come ever more rarely while they do not help. Times are local milliseconds. */
export class Backoff {
  #silence = SILENCE_MS;
  #allowedAt = Number.NEGATIVE_INFINITY;
  #settledSince: number | undefined;

  allows(now: number): boolean {
    return now >= this.#allowedAt;
  }

  /** A correcting seek has been made. */
  spend(now: number): void {
    this.#allowedAt = now + this.#silence;
    this.#silence = Math.min(this.#silence * 2, SILENCE_MOST_MS);
    this.#settledSince = undefined;
  }

  /** Ten seconds in step on end, and the past is forgiven. */
  observe(isInStep: boolean, now: number): void {
    if (!isInStep) this.#settledSince = undefined;
    else if (this.#settledSince === undefined) this.#settledSince = now;
    else if (now - this.#settledSince > 10_000) this.#silence = SILENCE_MS;
  }

  reset(): void {
    this.#silence = SILENCE_MS;
    this.#allowedAt = Number.NEGATIVE_INFINITY;
    this.#settledSince = undefined;
  }
}
