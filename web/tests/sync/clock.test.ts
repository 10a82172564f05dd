import { describe, expect, test } from 'vitest';
import { ServerClock } from '../../src/sync/clock';
import { Pinger } from '../../src/sync/pinger';
import { World } from './world';

/** A round trip to a server that is `ahead` of us, over ways that take `out` and `back` milliseconds. */
function trip(sentAt: number, ahead: number, out: number, back: number) {
  const t1 = sentAt + ahead + out;
  return { t0: sentAt, t1, t2: t1 + 1, t3: sentAt + out + 1 + back };
}

describe('the server clock', () => {
  test('is exact over an even way', () => {
    const clock = new ServerClock(() => 0);
    expect(clock.add(trip(0, 5_000, 40, 40))).toBe(80);
    expect(clock.server()).toBe(5_000);
  });

  test('believes the sample with the least delay', () => {
    const clock = new ServerClock(() => 0);
    clock.add(trip(0, 5_000, 10, 10));
    clock.add(trip(100, 5_000, 300, 20));
    clock.add(trip(200, 5_000, 15, 180));
    expect(clock.server()).toBe(5_000);
  });

  test('lets go of a sample after sixteen others', () => {
    const clock = new ServerClock(() => 0);
    clock.add(trip(0, 5_000, 1, 1));
    for (let index = 1; index <= 16; index += 1) clock.add(trip(index * 100, 5_050, 20, 20));
    expect(clock.server()).toBe(5_050);
  });

  test('takes no notice of an answer from before the question', () => {
    const clock = new ServerClock(() => 0, 7);
    clock.add({ t0: 100, t1: 5_000, t2: 5_200, t3: 110 });
    clock.add({ t0: 100, t1: 5_000, t2: 4_000, t3: 110 });
    expect(clock.server()).toBe(7);
  });

  test('begins anew with a connection', () => {
    const clock = new ServerClock(() => 1_000);
    clock.add(trip(0, 5_000, 1, 1));
    clock.restart(91_000);
    expect(clock.server()).toBe(91_000);
    clock.add(trip(0, 90_005, 30, 30));
    expect(clock.server()).toBe(91_005);
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
