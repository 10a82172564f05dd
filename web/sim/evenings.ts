/** `npm run sim [FOLDER]`: every scenario as a picture, all figures and the tunings tried as JSON (docs/reference/sync). */

import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { TUNING } from '../src/sync/tuning';
import { tryClocks } from './clocks';
import { type Figures, spend } from './evening';
import { draw, writePng } from './plot';
import { SCENARIOS } from './scenarios';
import { tryTunings } from './tunings';

const SEED = 1;

export async function main([folder = '../docs/reference/sync']: string[]): Promise<void> {
  await mkdir(folder, { recursive: true });
  const scenarios: Record<string, Figures> = {};
  for (const scenario of SCENARIOS) {
    const evening = spend(scenario, SEED);
    scenarios[scenario.name] = rounded(evening.figures);
    await writePng(draw(scenario, evening), resolve(folder, `${scenario.name}.png`));
  }
  console.table(scenarios);
  const tunings = tryTunings();
  console.table(tunings.slice(0, 12));
  const clocks = tryClocks();
  console.table(clocks);
  const report = { tuning: TUNING, scenarios, clocks, tunings };
  await writeFile(join(folder, 'figures.json'), `${JSON.stringify(report, null, 1)}\n`);
}

function rounded(figures: Figures): Figures {
  const entries = Object.entries(figures).map(([name, value]) => [name, Math.round(value * 10) / 10]);
  return Object.fromEntries(entries) as Figures;
}
