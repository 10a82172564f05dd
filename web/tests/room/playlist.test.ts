import { expect, test } from 'vitest';
import type { MediaObject, PlaylistChangedFrame } from '../../src/generated/realtime';
import { inOrder, neighbours, withChange } from '../../src/room/playlist';

function item(id: string, order_key: number, version = 1): MediaObject {
  const added_by = { id: 'usr_1', name: 'Ann' };
  return {
    id,
    title: id,
    url: 'https://host/f.mp4',
    kind: 'video',
    added_by,
    created_at: 0,
    order_key,
    version,
  };
}

function change(changed: MediaObject[], removed: string[] = []): PlaylistChangedFrame {
  return { type: 'playlist.changed', seq: 1, at: 0, actor: null, version: 2, changed, removed };
}

const ids = (items: MediaObject[]): string[] => items.map(({ id }) => id);

test('items stand in the order of their keys', () => {
  expect(ids(inOrder([item('b', 2), item('a', 1), item('c', 3)]))).toEqual(['a', 'b', 'c']);
});

test('a delta adds, moves and removes', () => {
  const items = [item('a', 1), item('b', 2), item('c', 3)];
  expect(ids(withChange(items, change([item('d', 1.5), item('c', 0, 2)], ['b'])))).toEqual(['c', 'a', 'd']);
});

test('a delta that is older than what we know changes nothing', () => {
  expect(ids(withChange([item('a', 1), item('b', 2, 5)], change([item('b', 0, 4)])))).toEqual(['a', 'b']);
});

test('the buttons know what stands beside the loaded item', () => {
  const items = [item('a', 1), item('b', 2)];
  expect(neighbours(items, 'a')).toEqual({ hasPrevious: false, hasNext: true });
  expect(neighbours(items, 'b')).toEqual({ hasPrevious: true, hasNext: false });
  expect(neighbours(items, null)).toEqual({ hasPrevious: false, hasNext: true });
  expect(neighbours([], null)).toEqual({ hasPrevious: false, hasNext: false });
});
