/** Requests to the server's HTTP interface: JSON in, JSON out, a Problem when it is not to be. */

import { Problem, problemOf } from './problem';

export const BASE = '/api/v1';

export type Method = 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';

/** Who speaks. `renew` gets a new token after one was refused, or nothing when the session is over. */
export interface Bearer {
  token(): Promise<string | undefined>;
  renew(): Promise<string | undefined>;
}

export class Http {
  #bearer: Bearer;

  constructor(bearer: Bearer) {
    this.#bearer = bearer;
  }

  get<Answer>(path: string): Promise<Answer> {
    return this.send('GET', path);
  }

  post<Answer = void>(path: string, body?: object): Promise<Answer> {
    return this.send('POST', path, body);
  }

  /** Raises Problem; a token that has ended is renewed once on the way. */
  async send<Answer>(method: Method, path: string, body?: object): Promise<Answer> {
    const answer = await request(method, path, body, await this.#bearer.token());
    if (answer.status !== 401) return read<Answer>(answer);
    const problem = await problemOf(answer);
    // A wrong password is no fault of the token.
    const token = problem.code === 'auth.wrong_password' ? undefined : await this.#bearer.renew();
    if (!token) throw problem;
    return read<Answer>(await request(method, path, body, token));
  }
}

/** Without a bearer, for signing in. The server keeps the refresh token in a cookie for this client alone. */
export async function sendOpenly<Answer>(
  method: Method,
  path: string,
  body?: object,
  token?: string,
): Promise<Answer> {
  return read<Answer>(await request(method, path, body, token));
}

/** A query string of what is given, `?` included, or nothing. */
export function query(fields: Record<string, string | number | null | undefined>): string {
  const given = Object.entries(fields).filter(([, value]) => value !== null && value !== undefined);
  const text = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString();
  return text && `?${text}`;
}

async function request(method: Method, path: string, body?: object, token?: string): Promise<Response> {
  const headers = new Headers({ Accept: 'application/json', 'X-SyncTV-Client': 'web' });
  if (body) headers.set('Content-Type', 'application/json');
  if (token) headers.set('Authorization', `Bearer ${token}`);
  try {
    return await fetch(BASE + path, {
      method,
      headers,
      body: body ? JSON.stringify(body) : null,
      credentials: 'same-origin',
      cache: 'no-store',
    });
  } catch (error) {
    throw new Problem('network', error instanceof Error ? error.message : String(error));
  }
}

async function read<Answer>(answer: Response): Promise<Answer> {
  if (!answer.ok) throw await problemOf(answer);
  if (answer.status === 204) return undefined as Answer;
  return (await answer.json()) as Answer;
}
