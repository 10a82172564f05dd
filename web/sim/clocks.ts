/** How wrong two readings of the same round trips are: the one with the least delay, and the best of each way. */

import { type RoundTrip, ServerClock } from '../src/sync/clock';
import { percentile } from './evening';
import { randomFrom } from './world';

const PAGES = 300;
const WINDOW = 16;
const LINES = { '1 ± 1 ms': [0, 2], '100 ± 50 ms': [50, 150], '30 ms, one way up to 150': [30, 150, 30, 31] };
const SKEWS = { 'a true clock': 1, '200 ppm fast': 1 + 200e-6 };

/** 95th percentile of the error in milliseconds, over pages of two minutes each. */
export interface ClockTrial {
  line: string;
  clock: string;
  leastDelay: number;
  eachWay: number;
}

export function tryClocks(): ClockTrial[] {
  return Object.entries(LINES).flatMap(([line, ways]) =>
    Object.entries(SKEWS).map(([clock, skew]) => ({ line, clock, ...tryClock(ways, skew) })),
  );
}

function tryClock(ways: number[], skew: number): Pick<ClockTrial, 'leastDelay' | 'eachWay'> {
  const [least = 0, most = 0, leastBack = least, mostBack = most] = ways;
  const leastDelay: number[] = [];
  const eachWay: number[] = [];
  for (let seed = 1; seed <= PAGES; seed += 1) {
    const random = randomFrom(seed);
    const trips: RoundTrip[] = [];
    let now = 0;
    const local = (at: number): number => at * skew;
    const clock = new ServerClock(() => local(now));
    for (let index = 0; index < 20; index += 1) {
      const asked = index < 8 ? index * 100 : (index - 7) * 10_000;
      const there = asked + least + random() * (most - least);
      const back = there + leastBack + random() * (mostBack - leastBack);
      const trip = { t0: local(asked), t1: Math.floor(there), t2: Math.floor(there), t3: local(back) };
      now = back;
      clock.add(trip);
      trips.push(trip);
      // The first answers of a burst are no state that lasts.
      if (index < 7) continue;
      eachWay.push(clock.server() - now);
      leastDelay.push(offsetByLeastDelay(trips.slice(-WINDOW)) + local(now) - now);
    }
  }
  const p95 = (errors: number[]): number => Math.round(percentile(errors, 0.95) * 10) / 10;
  return { leastDelay: p95(leastDelay), eachWay: p95(eachWay) };
}

/** NTP's formula on the round trip that took least. */
function offsetByLeastDelay(trips: RoundTrip[]): number {
  const delay = ({ t0, t1, t2, t3 }: RoundTrip): number => t3 - t0 - (t2 - t1);
  const { t0, t1, t2, t3 } = trips.reduce((best, trip) => (delay(trip) < delay(best) ? trip : best));
  return (t1 - t0 + t2 - t3) / 2;
}
