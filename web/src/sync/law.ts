/**
 * The control law for small drifts: which rate brings the picture back in step. Drift is in seconds, positive
 * when the picture is ahead of the room.
 */

export interface Law {
  /** The factor on the room's rate for this drift, `elapsed` seconds after the last call. */
  factor(drift: number, elapsed: number): number;
  reset(): void;
}

const PROPORTIONAL = 0.8;
const INTEGRAL = 0.08;
const MOST = 0.05;

/**
 * Proportional and integral, within 5 % so that nobody hears it. It begins beyond 30 ms and goes on to 8 ms:
 * ending where it begins would leave the picture at the edge, to fall out again at once.
 */
export class FineLaw implements Law {
  #isCorrecting = false;
  #sum = 0;

  factor(drift: number, elapsed: number): number {
    this.#isCorrecting = Math.abs(drift) > (this.#isCorrecting ? 0.008 : 0.03);
    if (!this.#isCorrecting) {
      this.#sum = 0;
      return 1;
    }
    const wanted = -(PROPORTIONAL * drift) - INTEGRAL * this.#sum;
    // No winding up: while the clamp holds, the sum would only remember how long.
    if (Math.abs(wanted) < MOST) this.#sum += drift * elapsed;
    return 1 + Math.min(MOST, Math.max(-MOST, wanted));
  }

  reset(): void {
    this.#isCorrecting = false;
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
