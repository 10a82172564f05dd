/**
 * Who uses this page. The access token lives in this object alone and is gone with the page; the refresh token
 * lives in a cookie that no script can read.
 */

import type { GuestTokens, Registered, Tokens } from '../generated/http';
import type { PersonObject } from '../generated/realtime';
import { recall, remember } from '../storage';
import { type Bearer, sendOpenly } from './http';
import { asProblem, type Problem } from './problem';

/** `unknown` until the cookie was tried; `unreachable` while the server gives no answer to that. */
export type Standing = 'unknown' | 'unreachable' | 'nobody' | 'account' | 'guest';

const RENEW_BEFORE_MS = 60_000;
const HINT = 'signed_in';

export class Session implements Bearer {
  standing = $state<Standing>('unknown');
  user = $state<PersonObject>();
  /** The one room that a guest may be in. */
  guestRoom = $state<string>();
  #token: string | undefined;
  #renewAt = 0;
  #renewal: Promise<string | undefined> | undefined;

  /** Comes back by the cookie, where this browser has signed in before. Never raises. */
  async resume(): Promise<void> {
    if (recall(HINT) === undefined) {
      this.#leave();
      return;
    }
    try {
      await this.renew();
    } catch {
      this.standing = 'unreachable';
    }
  }

  async token(): Promise<string | undefined> {
    if (this.#token && performance.now() > this.#renewAt) await this.renew();
    return this.#token;
  }

  /** A new token, or undefined when the session has ended. Raises Problem when the server cannot say. */
  renew(): Promise<string | undefined> {
    this.#renewal ??= this.#renew().finally(() => {
      this.#renewal = undefined;
    });
    return this.#renewal;
  }

  async signIn(identifier: string, password: string): Promise<void> {
    this.#enter(await sendOpenly<Tokens>('POST', '/auth/login', { identifier, password }));
  }

  async setUp(token: string, username: string, password: string): Promise<void> {
    this.#enter(await sendOpenly<Tokens>('POST', '/setup', { token, username, password }));
  }

  /** A new password by the link of an administrator. Whoever was signed in here is so no more. */
  async recover(token: string, password: string): Promise<void> {
    await sendOpenly('POST', '/auth/recover', { token, password });
    this.#leave();
  }

  /** The account may have to wait for a review; then nobody is signed in yet. */
  async register(username: string, password: string, invite?: string): Promise<Registered['status']> {
    const body = invite ? { username, password, invite } : { username, password };
    const registered = await sendOpenly<Registered>('POST', '/auth/register', body);
    if (registered.tokens) this.#enter(registered.tokens);
    return registered.status;
  }

  /** As a guest of one room; by its cookie the same guest as before. */
  async enterAsGuest(roomId: string, displayName?: string, password?: string): Promise<void> {
    const body = {
      room_id: roomId,
      ...(displayName && { display_name: displayName }),
      ...(password && { password }),
    };
    this.#enterGuest(
      roomId,
      await sendOpenly<GuestTokens>('POST', '/auth/guest', body, this.#guestToken(roomId)),
    );
    remember(guestHint(roomId), displayName ?? this.user?.name);
  }

  /** Comes back into a room where this browser was a guest before; false where it was not or may not any more. */
  async returnAsGuest(roomId: string): Promise<boolean> {
    const name = recall(guestHint(roomId));
    if (name === undefined) return false;
    try {
      await this.enterAsGuest(roomId, name);
      return true;
    } catch (error) {
      if (asProblem(error).isPassing) throw error;
      remember(guestHint(roomId), undefined);
      return false;
    }
  }

  async signOut(): Promise<void> {
    const { standing } = this;
    this.#leave();
    if (standing === 'account') await sendOpenly('POST', '/auth/logout');
  }

  /** A guest who has left its room is nobody, and not one again by coming back. */
  async forgetGuest(): Promise<void> {
    if (this.guestRoom) remember(guestHint(this.guestRoom), undefined);
    await this.signOut();
  }

  async #renew(): Promise<string | undefined> {
    try {
      if (this.guestRoom) await this.enterAsGuest(this.guestRoom, this.user?.name);
      else this.#enter(await sendOpenly<Tokens>('POST', '/auth/refresh'));
    } catch (error) {
      const problem: Problem = asProblem(error);
      if (problem.isPassing || problem.status >= 500) throw problem;
      this.#leave();
    }
    return this.#token;
  }

  #guestToken(roomId: string): string | undefined {
    return this.guestRoom === roomId ? this.#token : undefined;
  }

  #enter(tokens: Tokens): void {
    this.#hold(tokens.access_token, tokens.expires_in);
    this.user = { id: tokens.user.id, name: tokens.user.username };
    this.guestRoom = undefined;
    this.standing = 'account';
    remember(HINT, 'yes');
  }

  #enterGuest(roomId: string, tokens: GuestTokens): void {
    this.#hold(tokens.access_token, tokens.expires_in);
    this.user = tokens.user;
    this.guestRoom = roomId;
    this.standing = 'guest';
  }

  #hold(token: string, expiresInSeconds: number): void {
    this.#token = token;
    this.#renewAt = performance.now() + expiresInSeconds * 1000 - RENEW_BEFORE_MS;
  }

  #leave(): void {
    this.#token = undefined;
    this.user = undefined;
    this.guestRoom = undefined;
    this.standing = 'nobody';
    remember(HINT, undefined);
  }
}

function guestHint(roomId: string): string {
  return `guest.${roomId}`;
}
