import { beforeEach, describe, expect, test } from 'vitest';
import type { MessageObject } from '../../src/generated/realtime';
import { Feed } from '../../src/room/feed';

const ann = { id: 'usr_ann', name: 'Ann' };
const bob = { id: 'usr_bob', name: 'Bob' };
let feed: Feed;

beforeEach(() => {
  feed = new Feed();
});

function message(number: number, text: string, user = bob): MessageObject {
  return {
    id: `msg_${number}`,
    room_id: 'room_1',
    user,
    text,
    reply_to: null,
    created_at: number * 1_000,
    deleted: false,
  };
}

function shown(): string[] {
  return feed.lines.map((line) => {
    if (line.kind === 'message') return line.message.text;
    return line.kind === 'draft' ? `${line.draft.text} (${line.draft.state})` : line.happening.kind;
  });
}

describe('the feed', () => {
  test('messages stand in order, however they come, and once', () => {
    feed.add([message(3, 'three'), message(1, 'one')]);
    feed.add([message(2, 'two'), message(3, 'three')]);
    expect(shown()).toEqual(['one', 'two', 'three']);
    expect(feed.newest).toBe('msg_3');
  });

  test('our own line is seen at once, and once when its message comes before the ack', () => {
    feed.draft('n1', 'hello', 5_000);
    expect(shown()).toEqual(['hello (sending)']);
    feed.add([message(5, 'hello', ann)], ann);
    feed.sent('n1', 'msg_5');
    expect(shown()).toEqual(['hello']);
  });

  test('our own line is seen once when its ack comes before the message', () => {
    feed.draft('n1', 'hello', 5_000);
    feed.sent('n1', 'msg_5');
    expect(shown()).toEqual(['hello (sending)']);
    feed.add([message(5, 'hello', ann)], ann);
    expect(shown()).toEqual(['hello']);
  });

  test('the same words twice are two lines', () => {
    feed.draft('n1', 'ha', 5_000);
    feed.draft('n2', 'ha', 5_001);
    feed.add([message(5, 'ha', ann)], ann);
    expect(shown()).toEqual(['ha', 'ha (sending)']);
    feed.add([message(6, 'ha', ann)], ann);
    expect(shown()).toEqual(['ha', 'ha']);
  });

  test('somebody else saying the same leaves our line alone', () => {
    feed.draft('n1', 'ha', 5_000);
    feed.add([message(5, 'ha', bob)], ann);
    expect(shown()).toEqual(['ha', 'ha (sending)']);
  });

  test('what the broken line swallowed is to be sent again, what was refused is not', () => {
    feed.draft('n1', 'one', 1);
    feed.draft('n2', 'two', 2);
    feed.mark('n1', 'unsent');
    feed.mark('n2', 'failed', 'too fast');
    expect(feed.unsent().map((draft) => draft.nonce)).toEqual(['n1']);
    feed.discard('n2');
    expect(shown()).toEqual(['one (unsent)']);
  });

  test('a message that is taken back keeps its place and loses its text', () => {
    feed.add([message(1, 'one'), message(2, 'two')]);
    feed.remove('msg_1');
    expect(shown()).toEqual(['', 'two']);
  });

  test('notices stand between the messages, and dragging the bar is told once', () => {
    feed.add([message(1, 'one'), message(9, 'nine')]);
    feed.tell({ kind: 'sought', who: 'Ann', position: 10 }, 3_000);
    feed.tell({ kind: 'sought', who: 'Ann', position: 20 }, 4_000);
    feed.tell({ kind: 'sought', who: 'Bob', position: 5 }, 5_000);
    expect(shown()).toEqual(['one', 'sought', 'sought', 'nine']);
  });
});
