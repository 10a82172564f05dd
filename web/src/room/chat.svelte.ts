/** The chat of a room: history by pages, what is said now, and our own lines on their way. */

import { asProblem, type Problem } from '../api/problem';
import { rooms } from '../api/server';
import type { Ack, ClientCommand, MessageObject, PersonObject } from '../generated/realtime';
import { problemText } from '../i18n/problems';
import { randomId } from '../random';
import { Feed, type Happening, KEPT_AT_END, KEPT_MOST, type Line } from './feed';

/** How far back we look for the last message known, after an absence. */
const PAGES_BACK_MOST = 10;

export class Chat {
  lines = $state.raw<Line[]>([]);
  /** Messages that came while nobody looked. */
  unread = $state(0);
  hasOlder = $state(false);
  isLoading = $state(false);
  problem = $state<Problem>();
  isSeen = false;
  /** Whether somebody reads further up, where nothing may vanish under the eyes. */
  isReading = false;
  #feed = new Feed();
  #roomId: string;
  #send: (command: ClientCommand) => Promise<Ack>;
  #serverNow: () => number;
  #cursor: string | null = null;
  #me: PersonObject | undefined;

  constructor(roomId: string, send: (command: ClientCommand) => Promise<Ack>, serverNow: () => number) {
    this.#roomId = roomId;
    this.#send = send;
    this.#serverNow = serverNow;
  }

  /** After a welcome. What was missed is read from the newest back to the last message known. */
  async welcome(me: PersonObject, goesOn: boolean): Promise<void> {
    this.#me = me;
    if (!goesOn) await this.#catchUp();
    for (const draft of this.#feed.unsent()) void this.#post(draft.nonce, draft.text);
  }

  /** One page further back. What was let go of before is read again, from the newest on. */
  async older(): Promise<void> {
    if (!this.hasOlder || this.isLoading) return;
    const oldest = this.#feed.oldest;
    for (let page = 0; page < PAGES_BACK_MOST; page += 1) {
      const messages = await this.#read(this.#cursor ?? undefined);
      const isFurther = !oldest || messages.some((message) => message.id < oldest);
      if (isFurther || this.problem || !this.#cursor) return;
    }
  }

  receive(message: MessageObject): void {
    if (!this.#feed.has(message.id) && message.user.id !== this.#me?.id && !this.isSeen) this.unread += 1;
    this.#feed.add([message], this.#me);
    this.#bound();
    this.#show();
  }

  remove(id: string): void {
    this.#feed.remove(id);
    this.#show();
  }

  tell(happening: Happening, at: number): void {
    this.#feed.tell(happening, at);
    this.#show();
  }

  see(isSeen: boolean): void {
    this.isSeen = isSeen;
    if (isSeen) this.unread = 0;
  }

  async send(text: string): Promise<void> {
    const nonce = randomId();
    this.#feed.draft(nonce, text, this.#serverNow());
    this.#show();
    await this.#post(nonce, text);
  }

  /** Once more, with the same nonce: it is said once at most. */
  async retry(nonce: string, text: string): Promise<void> {
    await this.#post(nonce, text);
  }

  discard(nonce: string): void {
    this.#feed.discard(nonce);
    this.#show();
  }

  async #post(nonce: string, text: string): Promise<void> {
    this.#feed.mark(nonce, 'sending');
    this.#show();
    try {
      const ack = await this.#send({ type: 'chat.send', text, nonce });
      if (ack.message_id) this.#feed.sent(nonce, ack.message_id);
    } catch (error) {
      const problem = asProblem(error);
      if (problem.code === 'network') this.#feed.mark(nonce, 'unsent');
      else this.#feed.mark(nonce, 'failed', problemText(problem));
    }
    this.#show();
  }

  async #catchUp(): Promise<void> {
    const known = this.#feed.newest;
    this.#cursor = null;
    for (let page = 0; page < PAGES_BACK_MOST; page += 1) {
      const messages = await this.#read(this.#cursor ?? undefined);
      const isReached = !known || messages.some((message) => message.id <= known);
      if (isReached || this.problem || !this.#cursor) return;
    }
  }

  async #read(cursor: string | undefined): Promise<MessageObject[]> {
    this.isLoading = true;
    try {
      const page = await rooms.messages(this.#roomId, cursor);
      this.#feed.add(page.items, this.#me);
      this.#cursor = page.next_cursor;
      this.hasOlder = page.next_cursor !== null;
      this.problem = undefined;
      this.#show();
      return page.items;
    } catch (error) {
      this.problem = asProblem(error);
      return [];
    } finally {
      this.isLoading = false;
    }
  }

  /** A long evening must not fill the page: older messages are on the server. */
  #bound(): void {
    if (!this.#feed.trim(this.isReading ? KEPT_MOST : KEPT_AT_END)) return;
    this.#cursor = null;
    this.hasOlder = true;
  }

  #show(): void {
    this.lines = this.#feed.lines;
  }
}
