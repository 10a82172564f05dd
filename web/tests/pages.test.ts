import { describe, expect, test } from 'vitest';
import { playTime, withLinks } from '../src/format';
import { isPlaylist } from '../src/player/source';
import { routeOf, safePath } from '../src/router.svelte';

describe('addresses', () => {
  test('a room has its own, and so has each page', () => {
    expect(routeOf('/rooms/room_01abc')).toEqual({ page: 'room', roomId: 'room_01abc' });
    expect(routeOf('/rooms/')).toEqual({ page: 'rooms' });
    expect(routeOf('/setup')).toEqual({ page: 'setup' });
    expect(routeOf('/recover')).toEqual({ page: 'recover' });
    expect(routeOf('/rooms/a/b')).toEqual({ page: 'missing' });
    expect(routeOf('/constructor')).toEqual({ page: 'missing' });
  });

  test('after signing in one goes to a path of this origin', () => {
    expect(safePath('/rooms/room_1?a=b#c')).toBe('/rooms/room_1?a=b#c');
  });

  test.each([
    '//evil.example',
    '/\\evil.example',
    'https://evil.example',
    'javascript:alert(1)',
    '/\t/evil.example',
    '',
    'rooms',
  ])('and never to %j', (path) => {
    expect(safePath(path)).toBeUndefined();
  });
});

describe('what people read', () => {
  test('times of a film', () => {
    expect([0, 75, 3_675, Number.NaN].map(playTime)).toEqual(['0:00', '1:15', '1:01:15', '0:00']);
  });

  test('addresses in a message become links, the rest stays as it is', () => {
    expect(withLinks('see https://example.org/a?b=c, then')).toEqual([
      { text: 'see ' },
      { text: 'https://example.org/a?b=c', href: 'https://example.org/a?b=c' },
      { text: ', then' },
    ]);
    expect(withLinks('javascript:alert(1) <b>')).toEqual([{ text: 'javascript:alert(1) <b>' }]);
  });

  test('a stream is known by its ending', () => {
    expect(isPlaylist('https://host/live/a.M3U8?token=1')).toBe(true);
    expect(isPlaylist('https://host/film.mp4?next=.m3u8')).toBe(false);
  });
});
