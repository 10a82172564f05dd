import { expect, test } from 'vitest';
import type { PlaybackObject } from '../../src/generated/realtime';
import { happeningOf } from '../../src/room/happenings';

const before: PlaybackObject = {
  media_id: 'med_1',
  playing: true,
  position: 10,
  rate: 1,
  revision: 1,
  changed_at: 0,
  effective_at: 0,
};

function told(fields: Partial<PlaybackObject>, title?: string) {
  const after = { ...before, revision: 2, effective_at: 5_000, position: 15, ...fields };
  const actor = { id: 'usr_1', name: 'Ann' };
  return happeningOf(before, { type: 'playback.changed', seq: 1, at: 5_000, actor, playback: after }, title);
}

test('a pause, a jump, a speed and another film are told with who did it', () => {
  expect(told({ playing: false })).toEqual({ kind: 'paused', who: 'Ann', position: 15 });
  expect(told({ position: 60 })).toEqual({ kind: 'sought', who: 'Ann', position: 60 });
  expect(told({ rate: 2 })).toEqual({ kind: 'rate', who: 'Ann', rate: 2 });
  expect(told({ media_id: 'med_2' }, 'Metropolis')).toEqual({
    kind: 'loaded',
    who: 'Ann',
    title: 'Metropolis',
  });
});

test('what changes nothing that can be seen is not told', () => {
  expect(told({ position: 15.4 })).toBeUndefined();
  expect(told({ media_id: null })).toBeUndefined();
});
