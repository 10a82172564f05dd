/** Random viewers: each has some of the faults that machines, networks and players have. The seed decides all. */

import type { Faults, Span } from './player';
import type { Person } from './viewer';
import { randomFrom } from './world';

/** After so many milliseconds nothing new befalls anybody; what is wrong for ever stays wrong. */
export const TROUBLE_UNTIL_MS = 45_000;

const FOREVER: Span = [0, Number.POSITIVE_INFINITY];

export interface Stranger {
  person: Person;
  /** The names of the faults, for whoever reads a failure. */
  faults: string[];
  /** Whether the player can be brought in step at all. */
  isAble: boolean;
}

type Draw = () => number;
type Fault = (draw: Draw, person: Person, player: Faults) => void;

function span(draw: Draw, longest: number): Span {
  const from = draw() * (TROUBLE_UNTIL_MS - longest);
  return [from, from + draw() * longest];
}

function several<T>(draw: Draw, most: number, make: () => T): T[] {
  return Array.from({ length: 1 + Math.floor(draw() * most) }, make);
}

/** What passes, or can be lived with. */
const PASSING: Record<string, Fault> = {
  'slow seeks': (draw, _, player) => {
    const cost = draw() * 2_500;
    player.seekCostMs = () => cost * (0.6 + 0.4 * draw());
  },
  'slow starts': (draw, _, player) => {
    const lag = draw() * 250;
    let first = draw() * 900;
    player.playLatencyMs = () => {
      const took = lag * (0.7 + 0.6 * draw()) + first;
      first = 0;
      return took;
    };
  },
  'player skew': (draw, _, player) => {
    player.skew = 1 + (draw() - 0.5) / 500;
  },
  'clock skew': (draw, person) => {
    person.clockSkew = 1 + (draw() - 0.5) * 400e-6;
  },
  'clock leaps': (draw, person) => {
    person.leaps = several(draw, 2, () => [draw() * TROUBLE_UNTIL_MS, (draw() - 0.5) * 7_200_000] as const);
  },
  stalls: (draw, _, player) => {
    player.stalls = several(draw, 5, () => span(draw, 8_000));
  },
  hiding: (draw, person) => {
    person.hidden = several(draw, 2, () => span(draw, 20_000));
  },
  freezes: (draw, _, player) => {
    player.frozen = several(draw, 2, () => span(draw, 6_000));
  },
  'key frames': (draw, _, player) => {
    const gap = 0.1 + draw();
    player.landing = (position) => Math.floor(position / gap) * gap;
  },
  'coarse rates': (_draw, _, player) => {
    player.rates = 'coarse';
  },
  'coarse positions': (draw, _, player) => {
    const grain = draw() / 40;
    player.says = (position) => Math.floor(position / grain) * grain;
  },
  'sudden pauses': (draw, _, player) => {
    player.pausesAt = several(draw, 2, () => draw() * TROUBLE_UNTIL_MS);
  },
};

/** What no controller can mend. */
const LASTING: Record<string, Fault> = {
  'deaf to rates': (_draw, _, player) => {
    player.ignoresRates = true;
  },
  'never moves': (_draw, _, player) => {
    player.frozen = [FOREVER];
  },
  'never has data': (_draw, _, player) => {
    player.stalls = [FOREVER];
  },
  'lands anywhere': (draw, _, player) => {
    player.ignoresRates = draw() < 0.5;
    player.landing = (position) => position + (draw() - 0.5) * 12;
  },
  'pauses all the time': (draw, _, player) => {
    const every = 200 + draw() * 3_000;
    player.pausesAt = Array.from({ length: 600 }, (_, index) => index * every);
  },
  'says nonsense': (draw, _, player) => {
    const wrong = [Number.NaN, Number.POSITIVE_INFINITY, -1, 0][Math.floor(draw() * 4)] as number;
    player.says = () => wrong;
  },
  'says anything': (draw, _, player) => {
    const width = 0.1 + draw() * 20;
    player.says = (position) => position + (draw() - 0.5) * width;
  },
  'runs much too slowly': (draw, _, player) => {
    player.skew = 0.4 + draw() * 0.5;
  },
  'stalls again and again': (draw, _, player) => {
    const every = 3_000 + draw() * 10_000;
    player.stalls = Array.from({ length: 40 }, (_, index): Span => [index * every, index * every + 1_800]);
  },
  'ends early': (draw, _, player) => {
    player.duration = draw() * 60;
  },
};

/** The same for the same seed: up to four passing faults, and for one in four a lasting one. */
export function stranger(seed: number): Stranger {
  const draw = randomFrom(seed);
  const least = 0.2 + draw() * 100;
  const player: Faults = {};
  const person: Person = { delay: { least, most: least + draw() * 100 }, player, joinsAt: draw() * 5_000 };
  const faults: string[] = [];
  const befall = (kinds: Record<string, Fault>): void => {
    const names = Object.keys(kinds);
    const name = names[Math.floor(draw() * names.length)] as string;
    if (!faults.includes(name)) kinds[name]?.(draw, person, player);
    faults.push(name);
  };
  for (let count = Math.floor(draw() * 5); count > 0; count -= 1) befall(PASSING);
  const isAble = draw() < 0.75;
  if (!isAble) befall(LASTING);
  return { person, faults, isAble };
}
