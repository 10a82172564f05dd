/** The room's playlist in its order, kept by the deltas that the room sends. Pure. */

import type { MediaObject, PlaylistChangedFrame } from '../generated/realtime';

/** Items in rising order of their keys. */
export function inOrder(items: readonly MediaObject[]): MediaObject[] {
  return [...items].sort((a, b) => a.order_key - b.order_key || (a.id < b.id ? -1 : 1));
}

/** `items` with what has changed; an item that we know in a newer version stays. */
export function withChange(items: readonly MediaObject[], frame: PlaylistChangedFrame): MediaObject[] {
  const all = new Map(items.map((item) => [item.id, item]));
  for (const item of frame.changed) {
    if ((all.get(item.id)?.version ?? 0) < item.version) all.set(item.id, item);
  }
  for (const id of frame.removed) all.delete(id);
  return inOrder([...all.values()]);
}

/** The items beside the loaded one, for the buttons of the player. */
export function neighbours(
  items: readonly MediaObject[],
  id: string | null | undefined,
): { hasPrevious: boolean; hasNext: boolean } {
  const index = items.findIndex((item) => item.id === id);
  if (index < 0) return { hasPrevious: false, hasNext: items.length > 0 };
  return { hasPrevious: index > 0, hasNext: index < items.length - 1 };
}
