/** The room's playback state and what follows from it. The server's `domain/playback.py` says the same. */

import type { PlaybackObject } from '../generated/realtime';

/** Seconds into the item at `serverTime`; held at `position` until the state takes effect. */
export function positionAt(state: PlaybackObject, serverTime: number): number {
  if (!state.playing) return state.position;
  return state.position + (Math.max(0, serverTime - state.effective_at) / 1000) * state.rate;
}
