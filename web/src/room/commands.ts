/** Commands on their way: each has an id, and is answered once by an ack or an error, or is lost with the line. */

import { Problem } from '../api/problem';
import type { Ack, ErrorFrame } from '../generated/realtime';
import type { Cancel, Timers } from '../sync/timers';

const ANSWER_WITHIN_MS = 10_000;

interface Waiting {
  resolve: (ack: Ack) => void;
  reject: (problem: Problem) => void;
  cancel: Cancel;
}

export class Commands {
  #timers: Timers;
  #waiting = new Map<string, Waiting>();
  #count = 0;

  constructor(timers: Timers) {
    this.#timers = timers;
  }

  /** Sends `command` with a new id through `write`; the answer, or a Problem (`network` when there was none). */
  send(command: object, write: (text: string) => void): Promise<Ack> {
    this.#count += 1;
    const id = `c${this.#count}`;
    return new Promise((resolve, reject) => {
      const cancel = this.#timers.after(ANSWER_WITHIN_MS, () => this.#reject(id, lost()));
      this.#waiting.set(id, { resolve, reject, cancel });
      write(JSON.stringify({ ...command, id }));
    });
  }

  acknowledge(ack: Ack): void {
    this.#take(ack.id)?.resolve(ack);
  }

  refuse(frame: ErrorFrame): void {
    const facts = frame.retry_after === undefined ? {} : { retry_after: frame.retry_after };
    if (frame.id !== null) this.#reject(frame.id, new Problem(frame.code, frame.message, facts));
  }

  /** The connection is gone, and with it every answer that had not come. */
  lose(): void {
    for (const id of [...this.#waiting.keys()]) this.#reject(id, lost());
  }

  #reject(id: string, problem: Problem): void {
    this.#take(id)?.reject(problem);
  }

  #take(id: string): Waiting | undefined {
    const waiting = this.#waiting.get(id);
    waiting?.cancel();
    this.#waiting.delete(id);
    return waiting;
  }
}

function lost(): Problem {
  return new Problem('network', 'the connection was lost before an answer came');
}
