/** Tries many tunings of the control law on the same viewers, and puts the best first. */

import { TUNING, type Tuning } from '../src/sync/tuning';
import { spend } from './evening';
import { SCENARIOS } from './scenarios';

const ROOMS = ['lan', 'jitter', 'skew', 'rough'];
const SEED = 7;

/** What one tuning does, as means over the rooms; milliseconds. */
export interface Trial {
  proportional: number;
  integral: number;
  deadZone: number;
  rest: number;
  readings: number;
  p95: number;
  steadyPairsP95: number;
  ratesPerViewerMinute: number;
  /** Lower is better: drift in milliseconds, and two for each change of rate a minute, since each may be heard. */
  cost: number;
}

export function tryTunings(): Trial[] {
  return [...tunings()].map(trial).sort((a, b) => a.cost - b.cost);
}

function* tunings(): Generator<Tuning> {
  for (const proportional of [0.4, 0.8, 1.2, 1.6, 3.2])
    for (const integral of [0, 0.08, 0.3]) yield { ...TUNING, proportional, integral };
  for (const deadZone of [0.015, 0.03, 0.06])
    for (const rest of [0.004, 0.008, 0.015]) yield { ...TUNING, deadZone, rest };
  for (const readings of [1, 3, 5, 9]) yield { ...TUNING, readings };
}

function trial(tuning: Tuning): Trial {
  const rooms = SCENARIOS.filter(({ name }) => ROOMS.includes(name));
  const figures = rooms.map((room) => spend(room, SEED, tuning).figures);
  const mean = (name: 'p95' | 'steadyPairsP95' | 'ratesPerViewerMinute'): number =>
    Math.round((figures.reduce((sum, each) => sum + each[name], 0) / figures.length) * 10) / 10;
  const [p95, steadyPairsP95, rates] = [mean('p95'), mean('steadyPairsP95'), mean('ratesPerViewerMinute')];
  const cost = Math.round((p95 + steadyPairsP95 + 2 * rates) * 10) / 10;
  const { proportional, integral, deadZone, rest, readings } = tuning;
  return {
    proportional,
    integral,
    deadZone,
    rest,
    readings,
    p95,
    steadyPairsP95,
    ratesPerViewerMinute: rates,
    cost,
  };
}
