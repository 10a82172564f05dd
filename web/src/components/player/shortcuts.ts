/** What a key means to the player, when nothing is being typed and no control has the focus that wants it. */

export type Shortcut =
  | { kind: 'toggle' }
  | { kind: 'seek'; seconds: number }
  | { kind: 'mute' }
  | { kind: 'fullscreen' };

const KEYS: Partial<Record<string, Shortcut>> = {
  ' ': { kind: 'toggle' },
  k: { kind: 'toggle' },
  j: { kind: 'seek', seconds: -10 },
  l: { kind: 'seek', seconds: 10 },
  ArrowLeft: { kind: 'seek', seconds: -5 },
  ArrowRight: { kind: 'seek', seconds: 5 },
  m: { kind: 'mute' },
  f: { kind: 'fullscreen' },
};

export function shortcut(event: KeyboardEvent): Shortcut | undefined {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return undefined;
  const focus = event.target;
  if (focus instanceof Element && focus.closest('input, textarea, select, dialog, [role="tablist"]'))
    return undefined;
  if (event.key === ' ' && focus instanceof Element && focus.closest('button, a')) return undefined;
  return KEYS[event.key.length === 1 ? event.key.toLowerCase() : event.key];
}
