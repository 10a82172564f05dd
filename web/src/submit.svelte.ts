/** A form on its way: busy while it is sent, and what went wrong after. */

import { asProblem, type Problem } from './api/problem';
import { faultText } from './i18n/problems';

export class Submission {
  isBusy = $state(false);
  problem = $state<Problem>();

  /** What is wrong with one field, by the server. */
  fault(field: string): string | undefined {
    const message = this.problem?.fields.get(field);
    return message === undefined ? undefined : faultText(field, message);
  }

  /** The problem, unless every part of it is shown at its field. */
  rest(...shown: string[]): Problem | undefined {
    const fields = [...(this.problem?.fields.keys() ?? [])];
    return fields.length > 0 && fields.every((field) => shown.includes(field)) ? undefined : this.problem;
  }

  /** Runs `work` once at a time; true when it went well. */
  async run(work: () => Promise<unknown>): Promise<boolean> {
    if (this.isBusy) return false;
    this.isBusy = true;
    this.problem = undefined;
    try {
      await work();
      return true;
    } catch (error) {
      this.problem = asProblem(error);
      return false;
    } finally {
      this.isBusy = false;
    }
  }
}

/** A form's `onsubmit` that stays on the page. */
export function submitting(work: () => unknown): (event: SubmitEvent) => void {
  return (event) => {
    event.preventDefault();
    void work();
  };
}
