/** What a change of the playback means in words: who did what. Pure. */

import type { PlaybackChangedFrame, PlaybackObject } from '../generated/realtime';
import { positionAt } from '../sync/playback';
import type { Happening } from './feed';

/** A jump smaller than this is the place where a pause or a play has settled. */
const SOUGHT_BEYOND = 1;

/** The happening between `before` and the state of `frame`; undefined when there is nothing to tell. */
export function happeningOf(
  before: PlaybackObject,
  frame: PlaybackChangedFrame,
  title: string | undefined,
): Happening | undefined {
  const after = frame.playback;
  const who = frame.actor?.name;
  if (after.media_id !== before.media_id)
    return after.media_id ? { kind: 'loaded', who, title: title ?? '' } : undefined;
  if (after.playing !== before.playing) {
    return { kind: after.playing ? 'played' : 'paused', who, position: after.position };
  }
  if (after.rate !== before.rate) return { kind: 'rate', who, rate: after.rate };
  const jump = Math.abs(after.position - positionAt(before, after.effective_at));
  return jump > SOUGHT_BEYOND ? { kind: 'sought', who, position: after.position } : undefined;
}
