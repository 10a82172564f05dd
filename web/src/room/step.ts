/** What a drift means: for this viewer, and for the others from what the room tells of them. Pure. */

import type { ViewerStatus } from '../generated/realtime';

/** Nobody notices less. */
const IN_STEP_MS = 80;
/** The room tells of others in steps of 50 ms, and not of every one. */
const OTHERS_IN_STEP_MS = 150;

export function inStep(driftMs: number): boolean {
  return Math.abs(driftMs) <= IN_STEP_MS;
}

/** With a sign that has the width of a digit. */
export function signed(milliseconds: number): string {
  if (milliseconds === 0) return '0';
  return milliseconds > 0 ? `+${milliseconds}` : String(milliseconds).replace('-', '\u2212');
}

export type Standing = 'in_step' | 'buffering' | 'behind' | 'ahead';

/** How another viewer stands; undefined while nothing was told. */
export function standingOf(status: ViewerStatus | undefined): Standing | undefined {
  if (!status) return undefined;
  if (status.state === 'buffering') return 'buffering';
  if (Math.abs(status.behind_ms) <= OTHERS_IN_STEP_MS) return 'in_step';
  return status.behind_ms > 0 ? 'behind' : 'ahead';
}
