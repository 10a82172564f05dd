import { describe, expect, test } from 'vitest';
import type { MemberObject, MessageObject } from '../../src/generated/realtime';
import { Feed, type Line } from '../../src/room/feed';
import { folded } from '../../src/room/folding';
import { offsetOf } from '../../src/room/offset';
import { inRank, ranksAbove } from '../../src/room/ranks';
import { signed, standingOf } from '../../src/room/step';

function message(number: number): MessageObject {
  const id = `msg_${String(number).padStart(4, '0')}`;
  const user = { id: 'usr_bob', name: 'Bob' };
  return {
    id,
    room_id: 'room_1',
    user,
    text: `${number}`,
    reply_to: null,
    created_at: number * 1_000,
    deleted: false,
  };
}

function notice(number: number): Line {
  return { kind: 'notice', key: `n${number}`, at: number, happening: { kind: 'joined', names: ['Ann'] } };
}

describe('a long evening', () => {
  test('keeps the newest messages, and the notices among them', () => {
    const feed = new Feed();
    feed.tell({ kind: 'joined', names: ['Ann'] }, 500);
    feed.add(Array.from({ length: 500 }, (_, index) => message(index + 1)));
    feed.tell({ kind: 'left', names: ['Ann'] }, 450_500);
    expect(feed.trim(200)).toBe(true);
    expect(feed.oldest).toBe('msg_0301');
    expect(feed.newest).toBe('msg_0500');
    const notices = feed.lines.flatMap((line) => (line.kind === 'notice' ? [line.happening.kind] : []));
    expect(notices).toEqual(['left']);
  });

  test('lets go of nothing while there is little', () => {
    const feed = new Feed();
    feed.add([message(1), message(2)]);
    expect(feed.trim(200)).toBe(false);
    expect(feed.lines).toHaveLength(2);
  });
});

describe('what happened in a row', () => {
  const said: Line = { kind: 'message', key: 'msg_0001', at: 3, message: message(1) };

  test('is one line with the earlier ones behind it', () => {
    const lines = folded([notice(1), notice(2), notice(3), said, notice(4)]);
    expect(lines.map((line) => line.kind)).toEqual(['notices', 'message', 'notice']);
    expect(lines[0]).toMatchObject({ earlier: [{ key: 'n1' }, { key: 'n2' }], last: { key: 'n3' } });
  });

  test('keeps its key when it grows, so that an opened one stays open', () => {
    const keys = [3, 4].map(
      (count) => folded(Array.from({ length: count }, (_, index) => notice(index)))[0]?.key,
    );
    expect(keys[0]).toBe(keys[1]);
  });

  test('stands as it is when it is short', () => {
    expect(folded([notice(1), notice(2)]).map((line) => line.kind)).toEqual(['notice', 'notice']);
  });
});

test('an offset lies on a step of 10 ms within 2 s', () => {
  expect([123, -4, 9_000, -9_000, Number.NaN].map(offsetOf)).toEqual([120, 0, 2_000, -2_000, 0]);
});

test('how another viewer stands follows from what the room tells', () => {
  const status = (behind_ms: number, state: 'watching' | 'buffering' = 'watching') =>
    standingOf({ user_id: 'usr_1', state, behind_ms });
  expect([status(0), status(-100), status(400), status(-400), status(0, 'buffering')]).toEqual([
    'in_step',
    'in_step',
    'behind',
    'ahead',
    'buffering',
  ]);
  expect(standingOf(undefined)).toBeUndefined();
  expect([signed(5), signed(-5), signed(0)]).toEqual(['+5', '\u22125', '0']);
});

test('people stand by rank, then by name, and nobody above their like', () => {
  const member = (name: string, role: MemberObject['role']): MemberObject => ({
    user: { id: name, name },
    role,
    allow: [],
    deny: [],
    muted_until: null,
  });
  const people = [
    member('Zoe', 'guest'),
    member('Bob', 'member'),
    member('Ann', 'member'),
    member('Eve', 'owner'),
  ];
  expect(inRank(people).map(({ user }) => user.name)).toEqual(['Eve', 'Ann', 'Bob', 'Zoe']);
  expect([ranksAbove('owner', 'admin'), ranksAbove('admin', 'admin'), ranksAbove('guest', 'member')]).toEqual(
    [true, false, false],
  );
});
