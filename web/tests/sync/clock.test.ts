import { describe, expect, test } from 'vitest';
import { randomFrom, World } from '../../sim/world';
import { ServerClock } from '../../src/sync/clock';
import { Pinger } from '../../src/sync/pinger';

/** A round trip to a server that is `ahead` of us, over ways that take `out` and `back` milliseconds. */
function trip(sentAt: number, ahead: number, out: number, back: number) {
  const t1 = Math.floor(sentAt + ahead + out);
  const t2 = Math.floor(sentAt + ahead + out + 1);
  return { t0: sentAt, t1, t2, t3: sentAt + out + 1 + back };
}

describe('the server clock', () => {
  test('is right within a millisecond over an even way', () => {
    const clock = new ServerClock(() => 0);
    clock.add(trip(0, 5_000, 40, 40));
    expect(clock.server()).toBeCloseTo(5_000, -0.5);
  });

  test('believes the fastest way out and the fastest way back, whichever trips they were of', () => {
    const clock = new ServerClock(() => 0);
    clock.add(trip(0, 5_000, 10, 300));
    clock.add(trip(100, 5_000, 300, 200));
    clock.add(trip(200, 5_000, 150, 10));
    expect(Math.abs(clock.server() - 5_000)).toBeLessThan(1);
  });

  test('is right within 20 ms after one burst behind 100 ± 50 ms of jitter, nineteen times of twenty', () => {
    const errors = Array.from({ length: 200 }, (_, seed) => {
      const random = randomFrom(seed);
      const clock = new ServerClock(() => 0);
      const way = (): number => 50 + random() * 100;
      for (let index = 0; index < 8; index += 1) clock.add(trip(index * 100, 5_000.4, way(), way()));
      return Math.abs(clock.server() - 5_000.4);
    }).sort((a, b) => a - b);
    expect(errors[190]).toBeLessThan(20);
  });

  test('lets go of a sample after sixteen others', () => {
    const clock = new ServerClock(() => 0);
    clock.add(trip(0, 5_000, 1, 60));
    for (let index = 1; index <= 16; index += 1) clock.add(trip(index * 100, 5_000, 60, 60));
    expect(clock.server()).toBeCloseTo(5_000, -0.5);
  });

  test('takes no notice of an answer from before the question, or without numbers', () => {
    const clock = new ServerClock(() => 0, 7);
    clock.add({ t0: 100, t1: 5_000, t2: 5_200, t3: 110 });
    clock.add({ t0: 100, t1: 5_000, t2: 4_000, t3: 110 });
    clock.add({ t0: Number.NaN, t1: 5_000, t2: 5_000, t3: 110 });
    clock.add({ t0: 100, t1: 5_000, t2: 5_000, t3: 3_600_100 });
    expect(clock.server()).toBe(7);
    expect(clock.isSure()).toBe(false);
  });

  test('begins anew with a connection', () => {
    const clock = new ServerClock(() => 1_000);
    clock.add(trip(0, 5_000, 1, 1));
    clock.restart(91_000);
    expect(clock.server()).toBe(91_000);
    expect(clock.isSure()).toBe(false);
    clock.add(trip(0, 90_005, 30, 30));
    expect(clock.server()).toBeCloseTo(91_005, -0.5);
    expect(clock.isSure()).toBe(true);
  });

  test('believes the one answer that contradicts all before it: a clock has leapt', () => {
    const clock = new ServerClock(() => 0);
    for (let index = 0; index < 16; index += 1) {
      expect(clock.add(trip(index * 100, 5_000, 20, 20))).toBe(true);
    }
    expect(clock.add(trip(1_600, 5_000 - 3_600_000, 40, 40))).toBe(false);
    expect(clock.server()).toBeCloseTo(5_000 - 3_600_000, -0.5);
  });

  test('follows a clock that runs 200 ppm fast', () => {
    const skewed = (now: number): number => now * 1.0002;
    let now = 0;
    const clock = new ServerClock(() => skewed(now));
    for (; now < 600_000; now += 10_000) {
      const jitter = (now / 10_000) % 3;
      const t1 = Math.floor(now + 20 + jitter);
      expect(clock.add({ t0: skewed(now), t1, t2: t1, t3: skewed(now + 40 + 2 * jitter) })).toBe(true);
      expect(Math.abs(clock.server() - now)).toBeLessThan(6);
    }
  });
});

describe('the pinger', () => {
  test('asks eight times at once, then every ten seconds, and stops', () => {
    const world = new World();
    const sent: number[] = [];
    const pinger = new Pinger(new ServerClock(() => world.now), world, (t0) => sent.push(t0));
    pinger.start();
    world.pass(1_000);
    expect(sent).toHaveLength(8);
    expect(sent[7]).toBe(700);
    world.pass(20_000);
    expect(sent).toHaveLength(10);
    pinger.stop();
    world.pass(60_000);
    expect(sent).toHaveLength(10);
  });

  test('asks anew when a clock has leapt, and not all the time when it leaps all the time', () => {
    const world = new World();
    let sent = 0;
    let leaps = 0;
    const pinger = new Pinger(new ServerClock(() => world.now), world, (t0) => {
      sent += 1;
      leaps += 3_600_000;
      pinger.pong({ t0, t1: t0 + leaps, t2: t0 + leaps });
    });
    pinger.start();
    world.pass(60_000);
    expect(sent).toBeGreaterThan(16);
    expect(sent).toBeLessThan(60);
  });

  test('tells the server what the last round trip took', () => {
    const world = new World();
    const told: (number | undefined)[] = [];
    const pinger = new Pinger(new ServerClock(() => world.now), world, (t0, rtt) => {
      told.push(rtt);
      world.after(60, () => pinger.pong({ t0, t1: t0 + 30, t2: t0 + 30 }));
    });
    pinger.start();
    world.pass(500);
    expect(told[0]).toBeUndefined();
    expect(told[1]).toBe(60);
  });
});
