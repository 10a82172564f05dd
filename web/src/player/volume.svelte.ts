/** How loud it is for this viewer; remembered by this browser. */

import { recall, remember } from '../storage';

const REMEMBERED = 'volume';

const chosen = $state({ volume: loudness(Number(recall(REMEMBERED) ?? 1)) });

export function volume(): number {
  return chosen.volume;
}

export function setVolume(wanted: number): void {
  chosen.volume = loudness(wanted);
  remember(REMEMBERED, String(chosen.volume));
}

function loudness(wanted: number): number {
  return Math.min(1, Math.max(0, Math.round(wanted * 100) / 100 || 0));
}
