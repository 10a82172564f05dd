import { describe, expect, test } from 'vitest';
import type { Faults } from '../../sim/player';
import { playback } from '../../sim/room';
import { randomFrom, World } from '../../sim/world';
import { LoneViewer } from './world';

function watching(faults: Faults = {}, position = 100): { world: World; viewer: LoneViewer } {
  const world = new World();
  const viewer = new LoneViewer(world, faults);
  viewer.apply(playback(world, { position }));
  return { world, viewer };
}

function worstDrift(world: World, viewer: LoneViewer, milliseconds: number): number {
  let worst = 0;
  world.pass(milliseconds, () => {
    worst = Math.max(worst, Math.abs(viewer.drift));
  });
  return worst;
}

describe('starting', () => {
  test('a viewer who joins is in step within a second whatever a seek costs', () => {
    for (const cost of [5, 60, 150]) {
      const { world, viewer } = watching({ seekCostMs: () => cost });
      world.pass(1_000);
      expect(Math.abs(viewer.drift)).toBeLessThan(0.06);
      expect(viewer.player.seeks).toHaveLength(1);
    }
  });

  test('a play from the place where everyone stands needs no seek', () => {
    const world = new World();
    const viewer = new LoneViewer(world, { playLatencyMs: () => 60 });
    viewer.apply(playback(world, { playing: false, position: 30 }));
    world.pass(500);
    const seeks = viewer.player.seeks.length;
    viewer.apply(playback(world, { position: 30, revision: 2 }));
    world.pass(3_000);
    expect(viewer.player.seeks).toHaveLength(seeks);
    expect(worstDrift(world, viewer, 5_000)).toBeLessThan(0.03);
  });

  test('a pause stands at the exact position of the room', () => {
    const { world, viewer } = watching({ seekCostMs: () => 40 });
    world.pass(3_000);
    viewer.apply(playback(world, { playing: false, position: 102.5, revision: 2 }));
    world.pass(300);
    expect(viewer.player.isPaused()).toBe(true);
    expect(viewer.player.position()).toBe(102.5);
  });

  test('the next seek is aimed by what the last one cost', () => {
    const { world, viewer } = watching({ seekCostMs: () => 900 });
    world.pass(5_000);
    viewer.apply(playback(world, { position: 500, revision: 2 }));
    world.pass(1_500);
    expect(Math.abs(viewer.drift)).toBeLessThan(0.06);
  });

  test('a first start that takes long is made once again, instead of running after it', () => {
    let isFirst = true;
    const playLatencyMs = (): number => {
      const lag = isFirst ? 700 : 60;
      isFirst = false;
      return lag;
    };
    const { world, viewer } = watching({ seekCostMs: () => 60, playLatencyMs });
    world.pass(2_500);
    expect(viewer.player.seeks).toHaveLength(2);
    expect(Math.abs(viewer.drift)).toBeLessThan(0.06);
  });

  test('a player that is always slow to start is asked to play earlier', () => {
    const { world, viewer } = watching({ seekCostMs: () => 40, playLatencyMs: () => 140 });
    for (let revision = 2; revision < 8; revision += 1) {
      world.pass(4_000);
      viewer.apply(playback(world, { position: revision * 100, revision }));
    }
    world.pass(500);
    expect(Math.abs(viewer.drift)).toBeLessThan(0.03);
  });

  test('a new rate of the room is taken without a seek', () => {
    const { world, viewer } = watching();
    world.pass(2_000);
    const here = viewer.player.position();
    viewer.apply(playback(world, { position: here, rate: 1.5, revision: 2 }));
    expect(worstDrift(world, viewer, 3_000)).toBeLessThan(0.04);
    expect(viewer.player.seeks).toHaveLength(1);
  });

  test('nothing is played while the browser or the viewer forbids it', () => {
    const { world, viewer } = watching();
    world.pass(1_000);
    viewer.player.isBlocked = true;
    viewer.player.pause();
    world.pass(5_000);
    expect(viewer.player.isPaused()).toBe(true);
    viewer.player.isBlocked = false;
    viewer.controller.syncNow();
    world.pass(1_000);
    expect(Math.abs(viewer.drift)).toBeLessThan(0.06);
  });
});

describe('staying in step', () => {
  test('a start that missed by a little is brought to rest, not only to the edge of the dead zone', () => {
    const { world, viewer } = watching({ playLatencyMs: () => 85 });
    world.pass(400);
    expect(viewer.drift).toBeCloseTo(-0.025, 3);
    world.pass(4_000);
    expect(Math.abs(viewer.drift)).toBeLessThan(0.01);
  });

  test('a drift inside the dead zone is left alone', () => {
    const { world, viewer } = watching();
    world.pass(8_000);
    viewer.player.displace(0.02 - viewer.drift);
    world.pass(1_000, () => expect(viewer.player.rate).toBe(1));
  });

  test.each([-1.4, -0.3, -0.06, 0.06, 0.3, 1.4])(
    'a drift of %d s is taken out by the rate alone',
    (drift) => {
      const { world, viewer } = watching();
      world.pass(2_000);
      viewer.player.displace(drift);
      world.pass(40_000, () => {
        expect(viewer.player.rate).toBeGreaterThanOrEqual(0.95);
        expect(viewer.player.rate).toBeLessThanOrEqual(1.05);
      });
      expect(Math.abs(viewer.drift)).toBeLessThan(0.03);
      expect(viewer.player.seeks).toHaveLength(1);
    },
  );

  test('the correction does not overshoot out of the dead zone', () => {
    const { world, viewer } = watching();
    world.pass(2_000);
    viewer.player.displace(-0.2);
    world.pass(8_000);
    expect(worstDrift(world, viewer, 20_000)).toBeLessThan(0.03);
  });

  test('a player whose clock is wrong by a thousandth is held', () => {
    const { world, viewer } = watching({ skew: 1.001, playLatencyMs: () => 50 });
    world.pass(8_000);
    expect(worstDrift(world, viewer, 120_000)).toBeLessThan(0.045);
    expect(viewer.player.seeks).toHaveLength(1);
  });

  test('a large drift is taken out by one seek, then three seconds of silence', () => {
    const { world, viewer } = watching({ seekCostMs: () => 80 });
    world.pass(5_000);
    viewer.player.displace(-20);
    world.pass(1_000);
    expect(viewer.player.seeks).toHaveLength(2);
    expect(Math.abs(viewer.drift)).toBeLessThan(0.06);
    viewer.player.displace(0.5);
    world.pass(2_000, () => expect(viewer.player.rate).toBe(1));
    world.pass(2_000);
    expect(viewer.player.rate).toBeLessThan(1);
  });

  test('a player with coarse rates is pulsed into 150 ms', () => {
    const { world, viewer } = watching({ rates: 'coarse' });
    world.pass(2_000);
    viewer.player.displace(-0.6);
    world.pass(6_000);
    expect(worstDrift(world, viewer, 10_000)).toBeLessThan(0.15);
    expect(viewer.player.rate).toBe(1);
  });

  test('nothing is corrected while the page is hidden, and all of it after', () => {
    const { world, viewer } = watching();
    world.pass(8_000);
    viewer.controller.setHidden(true);
    viewer.player.displace(-8);
    world.pass(10_000, () => expect(viewer.player.rate).toBe(1));
    expect(viewer.player.seeks).toHaveLength(1);
    viewer.controller.setHidden(false);
    world.pass(2_500);
    expect(Math.abs(viewer.drift)).toBeLessThan(0.06);
  });

  test('a stall that the rate would need twenty seconds for is made up for by one seek', () => {
    const { world, viewer } = watching({ stalls: [[5_000, 6_000]], playLatencyMs: () => 60 });
    world.pass(9_000);
    expect(viewer.player.seeks).toHaveLength(2);
    expect(Math.abs(viewer.drift)).toBeLessThan(0.03);
  });

  test('nothing is corrected while the player waits for data', () => {
    const { world, viewer } = watching({ stalls: [[3_000, 9_000]] });
    world.pass(8_900);
    expect(viewer.player.seeks).toHaveLength(1);
    world.pass(3_000);
    expect(viewer.player.seeks).toHaveLength(2);
    expect(Math.abs(viewer.drift)).toBeLessThan(0.06);
  });
});

describe('a viewer of their own mind', () => {
  test('a picture can be set to run ahead of the room, for speakers that sound late', () => {
    const { world, viewer } = watching();
    world.pass(2_000);
    viewer.controller.setOffset(0.2);
    world.pass(10_000);
    expect(viewer.drift).toBeCloseTo(0.2, 1);
    expect(Math.abs(viewer.controller.drift ?? 1)).toBeLessThan(0.03);
    viewer.apply(playback(world, { playing: false, position: 120, revision: 2 }));
    world.pass(500);
    expect(viewer.drift).toBe(0);
  });

  test('a viewer who watches alone is left alone, and comes back where the room is', () => {
    const { world, viewer } = watching();
    world.pass(2_000);
    viewer.controller.setFree(true);
    viewer.player.displace(60);
    viewer.apply(playback(world, { position: 300, rate: 2, revision: 2 }));
    world.pass(10_000);
    expect(viewer.player.seeks).toHaveLength(1);
    expect(viewer.controller.drift).toBeUndefined();
    viewer.controller.setFree(false);
    world.pass(1_500);
    expect(Math.abs(viewer.drift)).toBeLessThan(0.06);
    expect(viewer.player.rate).toBeCloseTo(2, 0);
  });
});

describe('a clock that leaps', () => {
  test.each([3_600_000, -3_600_000])('by %d ms moves nothing before the server was asked again', (by) => {
    const { world, viewer } = watching();
    world.pass(5_000);
    viewer.clock.leaptBy = by;
    world.pass(10_000, () => expect(viewer.player.rate).toBe(1));
    expect(viewer.clock.doubts).toBe(1);
    viewer.clock.settle();
    world.pass(10_000);
    expect(viewer.player.seeks).toHaveLength(1);
    expect(Math.abs(viewer.drift)).toBeLessThan(0.03);
    viewer.player.displace(-5);
    world.pass(2_000);
    expect(viewer.player.seeks).toHaveLength(2);
  });

  test('is not taken for the time of a start', () => {
    const { world, viewer } = watching();
    world.pass(5_000);
    viewer.clock.leaptBy = 3_600_000;
    world.pass(100);
    viewer.apply(playback(world, { position: 500, revision: 2 }));
    world.pass(1_000);
    expect(viewer.player.seeks).toHaveLength(1);
    viewer.clock.settle();
    world.pass(1_000);
    expect(Math.abs(viewer.drift)).toBeLessThan(0.06);
  });
});

describe('never a loop', () => {
  function seeksIn(faults: Faults, milliseconds: number): { seeks: number; viewer: LoneViewer } {
    const { world, viewer } = watching(faults);
    world.pass(milliseconds);
    return { seeks: viewer.player.seeks.length, viewer };
  }

  test('a player that lands two seconds off every time is asked ever more rarely', () => {
    const { seeks } = seeksIn({ landing: (position) => position + 2, ignoresRates: true }, 300_000);
    expect(seeks).toBeLessThanOrEqual(9);
  });

  test('a player that says it plays and stands still is asked ever more rarely', () => {
    const { seeks } = seeksIn({ frozen: [[0, 1e9]] }, 300_000);
    expect(seeks).toBeLessThanOrEqual(9);
  });

  test('a seek that takes longer than patience does not chase itself', () => {
    const { seeks, viewer } = seeksIn({ seekCostMs: () => 3_500 }, 60_000);
    expect(seeks).toBeLessThanOrEqual(4);
    expect(Math.abs(viewer.drift)).toBeLessThan(0.06);
  });

  test('a player that pauses by itself all the time is asked ever more rarely to go on', () => {
    const pausesAt = Array.from({ length: 3_000 }, (_, index) => index * 100);
    const { viewer } = seeksIn({ pausesAt }, 300_000);
    expect(viewer.player.asked.filter(({ what }) => what === 'play').length).toBeLessThanOrEqual(12);
  });

  test('a player that ignores rates is brought back by a seek', () => {
    const { world, viewer } = watching({ ignoresRates: true });
    world.pass(5_000);
    viewer.player.displace(-1);
    world.pass(10_000);
    expect(viewer.player.seeks).toHaveLength(2);
    expect(Math.abs(viewer.drift)).toBeLessThan(0.06);
    expect(viewer.player.rate).toBe(1);
  });

  test('a player that lands on key frames is cued from one that is still to come', () => {
    const { seeks, viewer } = seeksIn({ landing: (position) => Math.floor(position / 2) * 2 }, 10_000);
    expect(seeks).toBeLessThanOrEqual(2);
    expect(Math.abs(viewer.drift)).toBeLessThan(0.06);
  });

  test.each([Number.NaN, Number.POSITIVE_INFINITY])(
    'a player that says %d is neither moved nor measured',
    (wrong) => {
      const { viewer } = seeksIn({ says: () => wrong }, 60_000);
      expect(viewer.player.seeks).toHaveLength(1);
      expect(viewer.player.asked.every(({ value }) => Number.isFinite(value))).toBe(true);
      expect(viewer.controller.drift).toBeUndefined();
    },
  );

  test('every player that can be brought in step is, and the others are left in peace', () => {
    for (let seed = 1; seed <= 60; seed += 1) {
      const random = randomFrom(seed);
      const start = random() * 60_000;
      const cost = random() * 1_500;
      const lag = random() * 200;
      const { world, viewer } = watching({
        seekCostMs: () => cost * (0.5 + random()),
        playLatencyMs: () => lag * (0.7 + random()),
        skew: 1 + (random() - 0.5) / 500,
        stalls: [[start, start + random() * 8_000]],
        ...(random() < 0.5 && { says: (position) => Math.floor(position / 0.02) * 0.02 }),
        rates: random() < 0.2 ? 'coarse' : 'fine',
      });
      world.pass(140_000);
      expect(viewer.player.seeks.length, `seeks, seed ${seed}`).toBeLessThanOrEqual(6);
      const bar = viewer.player.rates === 'fine' ? 0.06 : 0.2;
      expect(worstDrift(world, viewer, 20_000), `drift, seed ${seed}`).toBeLessThan(bar);
    }
  });
});
