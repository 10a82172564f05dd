/** Drift over time as a picture: one line for each viewer. SVG, which Chromium turns into a PNG. */

import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Evening } from './evening';
import { LENGTH_MS, type Scenario } from './scenarios';

const WIDTH = 960;
const HEIGHT = 420;
const LEFT = 64;
const RIGHT = 20;
const TOP = 64;
const BOTTOM = 44;
const BROWSERS = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'];

/** Roots bring seconds and milliseconds onto one page: drift is drawn by its square root. */
const MOST_MS = 2_000;
const MARKS = [-1500, -500, -80, 0, 80, 500, 1500];

const x = (seconds: number): number => LEFT + (seconds / (LENGTH_MS / 1000)) * (WIDTH - LEFT - RIGHT);

function y(drift: number): number {
  const held = Math.max(-MOST_MS, Math.min(MOST_MS, drift));
  const root = Math.sign(held) * Math.sqrt(Math.abs(held) / MOST_MS);
  return TOP + ((1 - root) / 2) * (HEIGHT - TOP - BOTTOM);
}

export function draw(scenario: Scenario, { times, drifts, figures }: Evening): string {
  const text = (at: [number, number], words: string, extra = ''): string =>
    `<text x="${at[0]}" y="${at[1]}" ${extra}>${words}</text>`;
  const marks = MARKS.map(
    (mark) =>
      `<path d="M${LEFT} ${y(mark)}H${WIDTH - RIGHT}" stroke="#ddd"/>` +
      text([LEFT - 8, y(mark) + 4], String(mark), 'text-anchor="end"'),
  );
  const seconds = [0, 20, 40, 60, 80, 100, 120].map((at) =>
    text([x(at), HEIGHT - BOTTOM + 20], `${at} s`, 'text-anchor="middle"'),
  );
  const commands = scenario.commands.map(
    ([at, { type }]) =>
      `<path d="M${x(at / 1000)} ${TOP}V${HEIGHT - BOTTOM}" stroke="#c80" stroke-dasharray="3 3"/>` +
      text([x(at / 1000) + 3, TOP + 12], type, 'fill="#a60"'),
  );
  const lines = drifts.map(
    (each) => `<path d="${path(times, each)}" stroke="#25a" stroke-opacity=".4" fill="none"/>`,
  );
  const summary = `ms ahead of the room; p95 ${figures.p95.toFixed(0)}, steady p95 ${figures.steadyP95.toFixed(0)}, between two viewers ${figures.steadyPairsP95.toFixed(0)}; ${figures.seeksPerViewer.toFixed(1)} seeks each, ${figures.ratesPerViewerMinute.toFixed(1)} rates a minute`;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}" font-family="sans-serif" font-size="12">
<rect width="100%" height="100%" fill="#fff"/>
<rect x="${LEFT}" y="${y(80)}" width="${WIDTH - LEFT - RIGHT}" height="${y(-80) - y(80)}" fill="#dfd"/>
${text([LEFT, 26], scenario.title, 'font-size="17"')}
${text([LEFT, 46], summary, 'fill="#555"')}
${[...marks, ...seconds, ...commands, ...lines].join('\n')}
</svg>`;
}

function path(times: number[], drifts: (number | null)[]): string {
  let isDown = false;
  return drifts
    .map((drift, index) => {
      if (drift === null) isDown = false;
      else {
        const step = `${isDown ? 'L' : 'M'}${x(times[index] ?? 0).toFixed(1)} ${y(drift).toFixed(1)}`;
        isDown = true;
        return step;
      }
      return '';
    })
    .join('');
}

/** Writes the drawing as a PNG, by the first Chromium on PATH. Rejects, saying so, when there is none. */
export async function writePng(svg: string, file: string): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'synctv-sim-'));
  try {
    const page = join(folder, 'plot.svg');
    await writeFile(page, svg);
    await screenshot(page, file, folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function screenshot(page: string, file: string, folder: string): Promise<void> {
  const size = `--window-size=${WIDTH},${HEIGHT}`;
  const flags = [
    '--headless',
    '--no-sandbox',
    '--disable-gpu',
    '--hide-scrollbars',
    `--user-data-dir=${folder}`,
  ];
  for (const browser of BROWSERS) {
    try {
      await promisify(execFile)(browser, [...flags, size, `--screenshot=${file}`, `file://${page}`], {
        timeout: 60_000,
      });
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }
  throw new Error(`none of ${BROWSERS.join(', ')} is installed: the plots need one`);
}
