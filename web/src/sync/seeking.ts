/** What the controller learns about its player: what seeks and starts cost, and how often they may be tried. */

const SILENCE_MOST_MS = 192_000;
const FORGIVEN_AFTER_MS = 30_000;
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
    this.#milliseconds = cost > this.#milliseconds ? cost : (this.#milliseconds + cost) / 2;
  }
}

/**
 * How long a player needs from being asked to play to moving. Learned from starts that went as usual; one that
 * took very long (the first of all, a machine under load) says nothing about the next.
 */
export class StartLag {
  #milliseconds = 60;

  /** How much too early to ask, in milliseconds. */
  get lead(): number {
    return this.#milliseconds;
  }

  /** Takes the drift that was left after a start that was asked for `lead` early; in milliseconds. */
  learn(drift: number): void {
    const lag = this.#milliseconds - drift;
    if (lag >= -LAG_MOST_MS && lag <= LAG_MOST_MS) {
      this.#milliseconds = Math.max(0, (this.#milliseconds + lag) / 2);
    }
  }
}

/**
 * An act that comes ever more rarely while it does not help: each one doubles the silence after it, and half a
 * minute without need of it halves that again. Times are local milliseconds.
 */
export class Backoff {
  #least: number;
  #silence: number;
  #spentAt: number | undefined;
  #goodSince: number | undefined;

  constructor(least: number) {
    this.#least = least;
    this.#silence = least / 2;
  }

  allows(now: number): boolean {
    // A clock that has leapt back must not mean an hour of silence.
    return this.#spentAt === undefined || now < this.#spentAt || now >= this.#spentAt + this.#silence;
  }

  /** The act has been done. */
  spend(now: number): void {
    this.#spentAt = now;
    this.#silence = Math.min(this.#silence * 2, SILENCE_MOST_MS);
    this.#goodSince = undefined;
  }

  observe(isGood: boolean, now: number): void {
    if (!isGood) this.#goodSince = undefined;
    else if (this.#goodSince === undefined || now < this.#goodSince) this.#goodSince = now;
    else if (now - this.#goodSince > FORGIVEN_AFTER_MS) {
      this.#silence = Math.max(this.#least / 2, this.#silence / 2);
      this.#goodSince = now;
    }
  }

  reset(): void {
    this.#silence = this.#least / 2;
    this.#spentAt = undefined;
    this.#goodSince = undefined;
  }
}
