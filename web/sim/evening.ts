/** Lives one scenario through and says how far apart its viewers were. */

import { TUNING, type Tuning } from '../src/sync/tuning';
import { Room } from './room';
import { LENGTH_MS, type Scenario, VIEWERS } from './scenarios';
import { Viewer } from './viewer';
import { randomFrom, World } from './world';

const LOOK_MS = 250;
/** The first start is over, and so is a command. */
const SETTLED_MS = 5_000;

export interface Evening {
  /** Seconds since the beginning at which was looked. */
  times: number[];
  /** For each viewer the drift in milliseconds at each of them; null while the room stands still or they are not there. */
  drifts: (number | null)[][];
  figures: Figures;
}

/** Milliseconds, unless a name says otherwise. Steady: all but the five seconds after the begin and each command. */
export interface Figures {
  p50: number;
  p95: number;
  steadyP95: number;
  /** Between any two viewers at one moment. */
  steadyPairsP95: number;
  seeksPerViewer: number;
  ratesPerViewerMinute: number;
}

export function spend(scenario: Scenario, seed: number, tuning: Tuning = TUNING): Evening {
  const random = randomFrom(seed);
  const world = new World();
  const people = Array.from({ length: VIEWERS }, (_, index) => scenario.person(random, index));
  const room = new Room(world, Math.max(...people.map(({ delay }) => delay.most)));
  const viewers = people.map((person) => new Viewer(world, room, random, person, tuning));
  for (const [at, command] of scenario.commands) world.after(at, () => room.do(command));
  const times: number[] = [];
  const drifts: (number | null)[][] = viewers.map(() => []);
  world.pass(
    LENGTH_MS,
    () => {
      times.push(world.now / 1000);
      for (const [index, viewer] of viewers.entries()) {
        const isThere = room.isPlaying && world.now > (people[index]?.joinsAt ?? 0);
        drifts[index]?.push(isThere ? viewer.drift * 1000 : null);
      }
    },
    LOOK_MS,
  );
  const breaks = [0, ...scenario.commands.map(([at]) => at)];
  const isSteady = (time: number): boolean =>
    breaks.every((at) => time * 1000 < at || time * 1000 > at + SETTLED_MS);
  const asked = viewers.flatMap(({ player }) => player.asked);
  return { times, drifts, figures: figuresOf(times, drifts, isSteady, asked) };
}

function figuresOf(
  times: number[],
  drifts: (number | null)[][],
  isSteady: (time: number) => boolean,
  asked: { what: string }[],
): Figures {
  const steady = times.map(isSteady);
  const all = drifts.flat().filter(isNumber);
  const count = (what: string): number => asked.filter((each) => each.what === what).length / VIEWERS;
  return {
    p50: percentile(all, 0.5),
    p95: percentile(all, 0.95),
    steadyP95: percentile(
      drifts.flatMap((each) => each.filter((_, at) => steady[at])).filter(isNumber),
      0.95,
    ),
    steadyPairsP95: percentile(
      times.flatMap((_, at) =>
        steady[at] ? pairs(drifts.map((each) => each[at] ?? null).filter(isNumber)) : [],
      ),
      0.95,
    ),
    seeksPerViewer: count('seek'),
    ratesPerViewerMinute: count('rate') / (LENGTH_MS / 60_000),
  };
}

function pairs(drifts: number[]): number[] {
  return drifts.flatMap((one, index) => drifts.slice(index + 1).map((other) => one - other));
}

/** The magnitude that this share of them does not exceed. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.map(Math.abs).sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
}

function isNumber(value: number | null): value is number {
  return value !== null;
}
