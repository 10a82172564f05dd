/** Where we are in the room's log: every `seq` once, in order, with nothing missing. */

import type { Welcome } from '../generated/realtime';

/** `next` to be applied, `known` seen before, `gap` something is missing: come back with a resume. */
export type Verdict = 'next' | 'known' | 'gap';

export class LogCursor {
  #seq: number | undefined;
  #epoch: string | undefined;

  /** What to ask for on coming back; undefined before the first welcome. */
  get resume(): { resume: number; epoch: string } | undefined {
    return this.#seq === undefined || this.#epoch === undefined
      ? undefined
      : { resume: this.#seq, epoch: this.#epoch };
  }

  /** Takes a welcome; tells whether the log goes on where we were. Else all that we have is to be replaced. */
  welcome(frame: Welcome): boolean {
    const goesOn =
      frame.resumed_from !== undefined && frame.resumed_from === this.#seq && frame.epoch === this.#epoch;
    if (!goesOn) this.#seq = frame.seq;
    this.#epoch = frame.epoch;
    return goesOn;
  }

  take(seq: number): Verdict {
    const here = this.#seq ?? 0;
    if (seq <= here) return 'known';
    if (seq > here + 1) return 'gap';
    this.#seq = seq;
    return 'next';
  }
}
