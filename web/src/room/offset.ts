/** How much later than the picture this viewer's speakers sound; kept by this browser, since they stand beside it. */

import { recall, remember } from '../storage';

/** In milliseconds; positive lets the picture run ahead of the room. */
export const OFFSET_MOST_MS = 2_000;
export const OFFSET_STEP_MS = 10;

const REMEMBERED = 'offset_ms';

/** Any number, brought into the range and onto a step; what is no number is none. */
export function offsetOf(milliseconds: number): number {
  if (!Number.isFinite(milliseconds)) return 0;
  const inside = Math.min(OFFSET_MOST_MS, Math.max(-OFFSET_MOST_MS, milliseconds));
  return Math.round(inside / OFFSET_STEP_MS) * OFFSET_STEP_MS || 0;
}

export function recalledOffset(): number {
  return offsetOf(Number(recall(REMEMBERED) ?? 0));
}

export function rememberOffset(milliseconds: number): void {
  remember(REMEMBERED, milliseconds === 0 ? undefined : String(milliseconds));
}
