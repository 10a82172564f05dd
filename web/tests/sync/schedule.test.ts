import { beforeEach, describe, expect, test } from 'vitest';
import { playback } from '../../sim/room';
import { World } from '../../sim/world';
import type { PlaybackObject } from '../../src/generated/realtime';
import { positionAt } from '../../src/sync/playback';
import { Schedule } from '../../src/sync/schedule';
import { TestClock } from './world';

let world: World;
let seen: PlaybackObject[];
let schedule: Schedule;

beforeEach(() => {
  world = new World();
  seen = [];
  schedule = new Schedule(new TestClock(world), world, (state) => seen.push(state));
});

function at(delay: number, fields: Partial<PlaybackObject>): PlaybackObject {
  return playback(world, { effective_at: world.server() + delay, ...fields });
}

describe('the schedule', () => {
  test('the former state goes on until the new one takes effect', () => {
    schedule.offer(at(0, { revision: 1 }));
    schedule.offer(at(200, { revision: 2, position: 50 }));
    world.pass(190);
    expect(schedule.active?.revision).toBe(1);
    world.pass(20);
    expect(schedule.active?.revision).toBe(2);
  });

  test('a newer revision cancels one that waits', () => {
    schedule.offer(at(0, { revision: 1 }));
    schedule.offer(at(300, { revision: 2 }));
    schedule.offer(at(0, { revision: 3, playing: false }));
    world.pass(1_000);
    expect(seen.map((state) => state.revision)).toEqual([1, 3]);
  });

  test('an older or equal revision changes nothing', () => {
    schedule.offer(at(0, { revision: 5 }));
    expect(schedule.offer(at(0, { revision: 5, position: 9 }))).toBe(false);
    expect(schedule.offer(at(0, { revision: 4 }))).toBe(false);
    expect(seen).toHaveLength(1);
  });

  test('a moment an hour ahead, which is a wrong clock of ours, is waited for a second', () => {
    schedule.offer(at(0, { revision: 1 }));
    schedule.offer(at(3_600_000, { revision: 2 }));
    world.pass(990);
    expect(schedule.active?.revision).toBe(1);
    world.pass(20);
    expect(schedule.active?.revision).toBe(2);
  });

  test('without a former state the position is held', () => {
    schedule.replace(at(200, { position: 12 }));
    expect(schedule.active).toMatchObject({ playing: false, position: 12 });
    world.pass(210);
    expect(schedule.active).toMatchObject({ playing: true, position: 12 });
  });

  test('a replacement counts whatever its revision', () => {
    schedule.offer(at(0, { revision: 9 }));
    schedule.replace(at(0, { revision: 2, position: 3 }));
    expect(schedule.active).toMatchObject({ revision: 2, position: 3 });
  });
});

describe('the position of a state', () => {
  test('runs at the rate of the room from the moment it takes effect', () => {
    const state = at(500, { position: 10, rate: 2 });
    expect(positionAt(state, world.server())).toBe(10);
    expect(positionAt(state, world.server() + 1_500)).toBe(12);
  });

  test('stands while paused', () => {
    expect(positionAt(at(0, { position: 10, playing: false }), world.server() + 9_000)).toBe(10);
  });
});
