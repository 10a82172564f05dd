/** Thousands of random viewers (`sim/people.ts`): each settles or is left in peace, and none is chased in a circle. */

import { expect, test } from 'vitest';
import { type Stranger, stranger, TROUBLE_UNTIL_MS } from '../../sim/people';
import type { Asked } from '../../sim/player';
import { Room } from '../../sim/room';
import { Viewer } from '../../sim/viewer';
import { randomFrom, World } from '../../sim/world';

const COUNT = 10_000;
const COMMANDS_UNTIL_MS = 25_000;
const END_MS = 100_000;
const LOOK_MS = 10_000;
const HELD = ['seeking', 'stalled', 'ended', 'blocked'];

interface Life extends Stranger {
  viewer: Viewer;
  room: Room;
  /** The worst drift of the last ten seconds. */
  worst: number;
}

/** A pause, a seek and a change of rate at random moments, then the viewer is left with their troubles. */
function live(seed: number): Life {
  const someone = stranger(seed);
  const random = randomFrom(seed + 1e6);
  const world = new World();
  const room = new Room(world, someone.person.delay.most);
  const viewer = new Viewer(world, room, random, someone.person);
  world.after(random() * COMMANDS_UNTIL_MS, () => room.do({ type: 'pause' }));
  world.after(random() * COMMANDS_UNTIL_MS, () => room.do({ type: 'seek', position: random() * 500 }));
  world.after(random() * COMMANDS_UNTIL_MS, () => room.do({ type: 'rate', rate: 0.5 + random() }));
  world.after(COMMANDS_UNTIL_MS, () => room.do({ type: 'play' }));
  world.pass(END_MS - LOOK_MS);
  let worst = 0;
  const look = (): void => {
    worst = Math.max(worst, Math.abs(viewer.drift));
  };
  world.pass(LOOK_MS, look, 250);
  return { ...someone, viewer, room, worst };
}

/** What is wrong with how this viewer was treated; nothing, it is hoped. */
function wrongs({ viewer, room, worst, isAble, faults, person }: Life): string[] {
  const { asked } = viewer.player;
  const found: string[] = [];
  const late = (from: number, what: Asked['what']): number =>
    asked.filter((each) => each.what === what && each.at > from).length;
  const bar = faults.includes('coarse rates') ? 0.22 : 0.08;
  if (isAble && worst > bar) found.push(`never settles: ${worst.toFixed(3)} s off`);
  if (isAble && late(END_MS - LOOK_MS, 'seek') > 0) found.push('seeks although all is well');
  if (late(END_MS - 40_000, 'seek') > 3)
    found.push(`${late(END_MS - 40_000, 'seek')} seeks in the last 40 s`);
  if (late(END_MS - 40_000, 'play') > 6)
    found.push(`${late(END_MS - 40_000, 'play')} plays in the last 40 s`);
  if (late(END_MS - LOOK_MS, 'rate') > (isAble ? 12 : 40)) {
    found.push(`${late(END_MS - LOOK_MS, 'rate')} rates in the last 10 s`);
  }
  const base = room.state.rate;
  // The last command may be carried out late, when a clock has to be asked first; it is no correction.
  const ordered = asked.find(({ what, at }) => what === 'seek' && at > COMMANDS_UNTIL_MS)?.at ?? 0;
  const reach = viewer.player.rates === 'coarse' ? 0.25 : 0.05;
  for (const { at, what, value, state } of asked.filter((each) => each.at > COMMANDS_UNTIL_MS + 1_000)) {
    if (!Number.isFinite(value)) found.push(`${what} ${value}`);
    if (what === 'rate' && Math.abs(value / base - 1) > reach + 1e-9) found.push(`rate ${value} of ${base}`);
    if (what === 'seek' && HELD.includes(state)) found.push(`seek while ${state} at ${at}`);
    if (what === 'seek' && at > ordered && person.hidden?.some(([from, to]) => at > from && at < to)) {
      found.push(`seek while hidden at ${at}`);
    }
    if (what === 'rate' && value !== base && HELD.includes(state)) found.push(`rate ${value} while ${state}`);
  }
  return found;
}

test(`${COUNT} random viewers settle or are left in peace`, { timeout: 120_000 }, () => {
  const bad: string[] = [];
  for (let seed = 1; seed <= COUNT; seed += 1) {
    const life = live(seed);
    const found = wrongs(life);
    if (found.length) bad.push(`seed ${seed} (${life.faults.join(', ')}): ${found.slice(0, 3).join('; ')}`);
  }
  expect(bad).toEqual([]);
  expect(TROUBLE_UNTIL_MS).toBeLessThan(END_MS - 40_000);
});
