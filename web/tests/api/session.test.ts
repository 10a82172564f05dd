import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Http } from '../../src/api/http';
import { Session } from '../../src/api/session.svelte';

const realFetch = globalThis.fetch;

/** A server that knows one account, and every request that it was sent. */
class Server {
  requests: string[] = [];
  isDown = false;
  isSignedIn = true;
  #issued = 0;

  fetch = async (path: string | URL | Request, init?: RequestInit): Promise<Response> => {
    const route = `${init?.method} ${String(path).replace('/api/v1', '')}`;
    this.requests.push(route);
    if (this.isDown) throw new TypeError('connection refused');
    const token = new Headers(init?.headers).get('Authorization');
    if (route === 'POST /auth/login' || route === 'POST /auth/refresh') return this.#issue();
    if (route === 'POST /auth/logout') return new Response(null, { status: 204 });
    if (route === 'POST /me/password') return problem(401, 'auth.wrong_password');
    return token === `Bearer token-${this.#issued}` ? json({ ok: token }) : problem(401, 'unauthenticated');
  };

  /** As if the server had ended every access token, but not the session. */
  forgetTokens(): void {
    this.#issued += 1;
  }

  #issue(): Response {
    if (!this.isSignedIn) return problem(401, 'auth.session_ended');
    this.#issued += 1;
    const user = { id: 'usr_1', username: 'ann' };
    return json({ access_token: `token-${this.#issued}`, expires_in: 3_600, user });
  }
}

function json(body: object): Response {
  return new Response(JSON.stringify(body), { status: 200 });
}

function problem(status: number, code: string): Response {
  return new Response(JSON.stringify({ status, code, detail: code }), { status });
}

let server: Server;
let session: Session;
let http: Http;

beforeEach(async () => {
  server = new Server();
  globalThis.fetch = server.fetch as typeof fetch;
  session = new Session();
  http = new Http(session);
  await session.signIn('ann', 'a long password');
  server.requests = [];
});

afterEach(() => {
  globalThis.fetch = realFetch;
});

describe('the session', () => {
  test('shows its token with every request', async () => {
    expect(session.standing).toBe('account');
    expect(session.user).toEqual({ id: 'usr_1', name: 'ann' });
    expect(await http.get('/rooms')).toEqual({ ok: 'Bearer token-1' });
  });

  test('gets a new token when the old one is refused, once for all that wait for it', async () => {
    server.forgetTokens();
    const answers = await Promise.all([http.get('/rooms'), http.get('/me'), http.get('/library')]);
    expect(answers).toEqual(Array(3).fill({ ok: 'Bearer token-3' }));
    expect(server.requests.filter((route) => route === 'POST /auth/refresh')).toHaveLength(1);
  });

  test('is over when it cannot be renewed', async () => {
    server.forgetTokens();
    server.isSignedIn = false;
    await expect(http.get('/rooms')).rejects.toMatchObject({ code: 'unauthenticated' });
    expect(session.standing).toBe('nobody');
  });

  test('outlives a server that does not answer', async () => {
    server.isDown = true;
    await expect(http.get('/rooms')).rejects.toMatchObject({ code: 'network', isPassing: true });
    await expect(session.renew()).rejects.toMatchObject({ code: 'network' });
    expect(session.standing).toBe('account');
  });

  test('takes a wrong password for no fault of its token, and does not send it twice', async () => {
    await expect(http.post('/me/password', {})).rejects.toMatchObject({ code: 'auth.wrong_password' });
    expect(server.requests).toEqual(['POST /me/password']);
    expect(session.standing).toBe('account');
  });

  test('is forgotten by this page when its owner signs out', async () => {
    await session.signOut();
    expect(session.standing).toBe('nobody');
    expect(await session.token()).toBeUndefined();
    expect(server.requests).toEqual(['POST /auth/logout']);
  });
});
