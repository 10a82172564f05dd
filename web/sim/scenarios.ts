/** Rooms with thirty viewers each, and one thing that goes wrong in them. */

import type { Delay } from './line';
import { stranger } from './people';
import type { Span } from './player';
import type { Command } from './room';
import type { Person } from './viewer';

export const VIEWERS = 30;
export const LENGTH_MS = 120_000;

export interface Scenario {
  name: string;
  title: string;
  commands: readonly (readonly [at: number, command: Command])[];
  person: (random: () => number, index: number) => Person;
}

const NEAR: Delay = { least: 0.5, most: 2 };
const FAR: Delay = { least: 50, most: 150 };

const EVENING: Scenario['commands'] = [
  [20_000, { type: 'pause' }],
  [24_000, { type: 'play' }],
  [45_000, { type: 'seek', position: 600 }],
  [70_000, { type: 'rate', rate: 1.25 }],
  [95_000, { type: 'rate', rate: 1 }],
];

/** A browser as they are: seeks, starts and rates take some tens of milliseconds, the first start more. */
function browser(random: () => number): NonNullable<Person['player']> {
  let first = 200 * random();
  return {
    seekCostMs: () => 20 + 80 * random(),
    playLatencyMs: () => {
      const took = 30 + 60 * random() + first;
      first = 0;
      return took;
    },
    rateLatencyMs: 50 + 200 * random(),
    skew: 1 + (random() - 0.5) * 100e-6,
  };
}

function spans(random: () => number, count: number, longest: number): Span[] {
  return Array.from({ length: count }, () => {
    const from = 10_000 + random() * 90_000;
    return [from, from + 1_000 + random() * (longest - 1_000)] as const;
  });
}

/** Far away, with stalls and clocks that run wrong: what `tests/e2e` puts thirty viewers through on the real server. */
export function roughViewer(random: () => number): Person {
  const player = { ...browser(random), skew: 1 + (random() - 0.5) * 400e-6 };
  if (random() < 0.3) player.stalls = spans(random, 1, 3_000);
  return { delay: FAR, clockSkew: 1 + (random() - 0.5) * 400e-6, joinsAt: random() * 3_000, player };
}

export const SCENARIOS: readonly Scenario[] = [
  {
    name: 'lan',
    title: 'One network: 0.5–2 ms each way',
    commands: EVENING,
    person: (random) => ({ delay: NEAR, player: browser(random) }),
  },
  {
    name: 'jitter',
    title: '100 ± 50 ms each way',
    commands: EVENING,
    person: (random) => ({ delay: FAR, player: browser(random) }),
  },
  {
    name: 'skew',
    title: '100 ± 50 ms, clocks wrong by up to 250 ppm, players by up to 1,000',
    commands: EVENING,
    person: (random) => ({
      delay: FAR,
      clockSkew: 1 + (random() - 0.5) * 500e-6,
      player: { ...browser(random), skew: 1 + (random() - 0.5) * 2_000e-6 },
    }),
  },
  {
    name: 'stalls',
    title: '100 ± 50 ms, two stalls of 1–6 s each',
    commands: [],
    person: (random) => ({ delay: FAR, player: { ...browser(random), stalls: spans(random, 2, 6_000) } }),
  },
  {
    name: 'slow-seeks',
    title: '100 ± 50 ms, seeks that take 0.3–3 s',
    commands: EVENING,
    person: (random) => {
      const cost = 300 + 2_700 * random();
      const seekCostMs = (): number => cost * (0.7 + 0.3 * random());
      return { delay: FAR, player: { ...browser(random), seekCostMs } };
    },
  },
  {
    name: 'coarse-rates',
    title: '100 ± 50 ms, players that know steps of a quarter only',
    commands: EVENING,
    person: (random) => ({ delay: FAR, player: { ...browser(random), rates: 'coarse' } }),
  },
  {
    name: 'hidden',
    title: '100 ± 50 ms, hidden for up to 30 s, with stalls meanwhile',
    commands: [],
    person: (random) => {
      const hidden = spans(random, 1, 30_000);
      const stalls = hidden.map(([from]): Span => [from + 500, from + 500 + 4_000 * random()]);
      return { delay: FAR, hidden, player: { ...browser(random), stalls } };
    },
  },
  {
    name: 'leaps',
    title: '100 ± 50 ms, every clock leaps by up to an hour, twice',
    commands: [],
    person: (random) => ({
      delay: FAR,
      leaps: [30_000, 70_000].map((at) => [at + 20_000 * random(), (random() - 0.5) * 7_200_000] as const),
      player: browser(random),
    }),
  },
  {
    name: 'lies',
    title: '100 ± 50 ms, players that no controller can mend',
    commands: EVENING,
    person: (random, index) => {
      const incurable = Array.from({ length: 200 }, (_, each) => stranger(index * 200 + each));
      const { person } = incurable.find(({ isAble }) => !isAble) ?? stranger(0);
      return { ...person, joinsAt: random() * 2_000 };
    },
  },
  {
    name: 'rough',
    title: '100 ± 50 ms, stalls, skew, late arrivals',
    commands: EVENING,
    person: roughViewer,
  },
];
