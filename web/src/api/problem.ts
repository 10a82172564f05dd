/** What went wrong, in the one shape that pages show: a problem body, a WebSocket error, or a lost network. */

import type { Problem as ProblemBody } from '../generated/http';

export class Problem extends Error {
  /** A word of the contract's table, or `network` when no answer came. */
  readonly code: string;
  readonly status: number;
  readonly retryAfterSeconds: number | undefined;
  readonly requestId: string | undefined;
  readonly fields: ReadonlyMap<string, string>;

  constructor(code: string, detail: string, facts: Partial<ProblemBody> = {}) {
    super(detail);
    this.name = 'Problem';
    this.code = code;
    this.status = facts.status ?? 0;
    this.retryAfterSeconds = facts.retry_after;
    this.requestId = facts.request_id;
    this.fields = new Map((facts.errors ?? []).map((error) => [error.field, error.message]));
  }

  /** Whether the same request may succeed a little later. */
  get isPassing(): boolean {
    return this.code === 'network' || this.status === 429 || this.status === 502 || this.status === 503;
  }
}

export async function problemOf(answer: Response): Promise<Problem> {
  const facts = (await answer.json().catch(() => ({}))) as Partial<ProblemBody>;
  const code = facts.code ?? (answer.status >= 500 ? 'unavailable' : 'internal');
  return new Problem(code, facts.detail ?? answer.statusText, { ...facts, status: answer.status });
}

/** Anything thrown, as a Problem. */
export function asProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  return new Problem('internal', error instanceof Error ? error.message : String(error));
}
