/**
 * What stands in the chat: messages by id, our own on their way, and notices of what happened. Pure; the room
 * keeps one and shows `lines`.
 */

import type { MessageObject, PersonObject } from '../generated/realtime';

/** What happened in the room, told between the messages. */
export type Happening =
  | { kind: 'joined' | 'left'; names: string[] }
  | { kind: 'played' | 'paused' | 'sought'; who: string | undefined; position: number }
  | { kind: 'rate'; who: string | undefined; rate: number }
  | { kind: 'loaded'; who: string | undefined; title: string };

/** `sending` on its way, `unsent` the line broke and it goes out again by itself, `failed` refused for good. */
export type DraftState = 'sending' | 'unsent' | 'failed';

export interface Draft {
  nonce: string;
  text: string;
  at: number;
  state: DraftState;
  reason?: string | undefined;
  messageId?: string;
}

export type Line =
  | { kind: 'message'; key: string; at: number; message: MessageObject }
  | { kind: 'draft'; key: string; at: number; draft: Draft }
  | { kind: 'notice'; key: string; at: number; happening: Happening };

/** Messages kept while the newest are looked at, and while somebody reads further up. */
export const KEPT_AT_END = 200;
export const KEPT_MOST = 1_000;
const NOTICES_MOST = 100;
const FOLD_MS = 5_000;

export class Feed {
  #messages = new Map<string, MessageObject>();
  #drafts = new Map<string, Draft>();
  #notices: { key: string; at: number; happening: Happening }[] = [];
  #count = 0;

  /** All of it, oldest first; drafts last. */
  get lines(): Line[] {
    const settled: Line[] = [
      ...[...this.#messages.values()].map(
        (message): Line => ({ kind: 'message', key: message.id, at: message.created_at, message }),
      ),
      ...this.#notices.map((notice): Line => ({ kind: 'notice', ...notice })),
    ];
    settled.sort((a, b) => a.at - b.at || (a.key < b.key ? -1 : 1));
    const drafts = [...this.#drafts.values()].filter(
      (draft) => !draft.messageId || !this.#messages.has(draft.messageId),
    );
    return [
      ...settled,
      ...drafts.map((draft): Line => ({ kind: 'draft', key: draft.nonce, at: draft.at, draft })),
    ];
  }

  /** The id of the newest message, to know later what has been missed. */
  get newest(): string | undefined {
    return [...this.#messages.keys()].reduce<string | undefined>((a, b) => (!a || b > a ? b : a), undefined);
  }

  /** The id of the oldest message kept. */
  get oldest(): string | undefined {
    return [...this.#messages.keys()].reduce<string | undefined>((a, b) => (!a || b < a ? b : a), undefined);
  }

  /** Lets go of the oldest messages beyond `most`, and of the notices before them; true when there were any. */
  trim(most: number): boolean {
    const extra = this.#messages.size - most;
    if (extra <= 0) return false;
    const gone = [...this.#messages.keys()].sort().slice(0, extra);
    const until = Math.max(...gone.map((id) => this.#messages.get(id)?.created_at ?? 0));
    for (const id of gone) this.#messages.delete(id);
    this.#notices = this.#notices.filter((notice) => notice.at > until);
    return true;
  }

  has(id: string): boolean {
    return this.#messages.has(id);
  }

  /** Takes messages in any order, known ones again; one of our own replaces its draft. */
  add(messages: readonly MessageObject[], me?: PersonObject): void {
    for (const message of messages) {
      if (!this.#messages.has(message.id) && message.user.id === me?.id) this.#dropDraftOf(message);
      this.#messages.set(message.id, message);
    }
  }

  remove(id: string): void {
    const message = this.#messages.get(id);
    if (message) this.#messages.set(id, { ...message, text: '', deleted: true });
  }

  draft(nonce: string, text: string, at: number): void {
    this.#drafts.set(nonce, { nonce, text, at, state: 'sending' });
  }

  /** Those that the broken line swallowed: they are to be sent again with the same nonce. */
  unsent(): Draft[] {
    return [...this.#drafts.values()].filter((draft) => draft.state === 'unsent');
  }

  mark(nonce: string, state: DraftState, reason?: string): void {
    const draft = this.#drafts.get(nonce);
    if (draft) this.#drafts.set(nonce, { ...draft, state, reason });
  }

  /** The server has it under this id; the draft stays to be seen until the message itself comes. */
  sent(nonce: string, messageId: string): void {
    const draft = this.#drafts.get(nonce);
    if (!draft) return;
    if (this.#messages.has(messageId)) this.#drafts.delete(nonce);
    else this.#drafts.set(nonce, { ...draft, state: 'sending', messageId });
  }

  discard(nonce: string): void {
    this.#drafts.delete(nonce);
  }

  /** Tells of something; a repeat within seconds (dragging the seek bar, say) replaces what was told before. */
  tell(happening: Happening, at: number): void {
    const last = this.#notices.at(-1);
    const folds = last && at - last.at < FOLD_MS && sameDoing(last.happening, happening);
    if (folds) this.#notices.pop();
    this.#count += 1;
    this.#notices.push({ key: `notice-${this.#count}`, at, happening });
    if (this.#notices.length > NOTICES_MOST) this.#notices.shift();
  }

  #dropDraftOf(message: MessageObject): void {
    const drafts = [...this.#drafts.values()];
    const own =
      drafts.find((draft) => draft.messageId === message.id) ??
      drafts.find((draft) => !draft.messageId && draft.state !== 'failed' && draft.text === message.text);
    if (own) this.#drafts.delete(own.nonce);
  }
}

function sameDoing(a: Happening, b: Happening): boolean {
  return a.kind === b.kind && 'who' in a && 'who' in b && a.who === b.who;
}
