/**
 * The control law for small drifts: which rate brings the picture back in step. Drift is in seconds, positive
 * when the picture is ahead of the room.
 */

import { Backoff } from './seeking';
import type { Tuning } from './tuning';

export interface Law {
  /** The factor on the room's rate for this drift, `elapsed` seconds after the last call. */
  factor(drift: number, elapsed: number): number;
  /** Begins anew, after a start or a stall: brings the picture to rest once, however small the drift. */
  reset(): void;
}

/** Proportional and integral, within 5 % so that nobody hears it. */
export class FineLaw implements Law {
  #tuning: Tuning;
  #isCorrecting = true;
  #sum = 0;

  constructor(tuning: Tuning) {
    this.#tuning = tuning;
  }

  factor(drift: number, elapsed: number): number {
    const { proportional, integral, most, deadZone, rest } = this.#tuning;
    this.#isCorrecting = Math.abs(drift) > (this.#isCorrecting ? rest : deadZone);
    if (!this.#isCorrecting) {
      this.#sum = 0;
      return 1;
    }
    const wanted = -(proportional * drift) - integral * this.#sum;
    // No winding up: while the clamp holds, the sum would only remember how long.
    if (Math.abs(wanted) < most) this.#sum += drift * elapsed;
    return 1 + Math.min(most, Math.max(-most, wanted));
  }

  reset(): void {
    this.#isCorrecting = true;
    this.#sum = 0;
  }
}

/** For players that know only steps of a quarter: pulses, from 150 ms on. */
export class CoarseLaw implements Law {
  #isCorrecting = false;

  factor(drift: number): number {
    this.#isCorrecting = Math.abs(drift) > (this.#isCorrecting ? 0.08 : 0.15);
    if (!this.#isCorrecting) return 1;
    return drift > 0 ? 0.75 : 1.25;
  }

  reset(): void {
    this.#isCorrecting = false;
  }
}

const TRIAL_SECONDS = 5;
const TRIAL_PULL = 0.15;
const ANSWER_LEAST = 0.3;
const DEAF_MS = 20_000;

/** Whether a player does as it is told about rates: some accept every rate and keep their own. */
export class RateResponse {
  #trials = new Backoff(DEAF_MS);
  #from: number | undefined;
  #seconds = 0;
  #pull = 0;

  /** True after five seconds of correction that moved hardly anything; then tried again, ever more rarely. */
  isDeaf(now: number): boolean {
    return !this.#trials.allows(now);
  }

  /** `pull`: by how many seconds of film each second the rate should have moved the drift since the last call. */
  observe(drift: number, pull: number, elapsed: number, now: number): void {
    if (pull === 0) this.forget();
    else if (this.#from === undefined) this.#from = drift;
    else {
      this.#seconds += elapsed;
      this.#pull += pull * elapsed;
      if (this.#seconds >= TRIAL_SECONDS) this.#judge(drift - this.#from, now);
    }
  }

  /** What has happened since says nothing about rates: a stall, a seek. */
  forget(): void {
    this.#from = undefined;
    this.#seconds = 0;
    this.#pull = 0;
  }

  reset(): void {
    this.forget();
    this.#trials.reset();
  }

  #judge(moved: number, now: number): void {
    if (Math.abs(this.#pull) >= TRIAL_PULL) {
      if (moved / this.#pull < ANSWER_LEAST) this.#trials.spend(now);
      else this.#trials.reset();
    }
    this.forget();
  }
}
