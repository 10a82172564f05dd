/** What a key means to the player, when nothing is being typed and no control has the focus that wants it. */

export type Shortcut =
  | { kind: 'toggle' }
  | { kind: 'seek'; seconds: number }
  | { kind: 'volume'; step: number }
  | { kind: 'mute' }
  | { kind: 'chat' }
  | { kind: 'help' }
  | { kind: 'fullscreen' };

const KEYS: Partial<Record<string, Shortcut>> = {
  ' ': { kind: 'toggle' },
  k: { kind: 'toggle' },
  j: { kind: 'seek', seconds: -10 },
  l: { kind: 'seek', seconds: 10 },
  ArrowLeft: { kind: 'seek', seconds: -5 },
  ArrowRight: { kind: 'seek', seconds: 5 },
  ArrowUp: { kind: 'volume', step: 0.1 },
  ArrowDown: { kind: 'volume', step: -0.1 },
  m: { kind: 'mute' },
  f: { kind: 'fullscreen' },
  c: { kind: 'chat' },
  '?': { kind: 'help' },
};

export function shortcut(event: KeyboardEvent): Shortcut | undefined {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return undefined;
  const focus = event.target;
  if (
    focus instanceof Element &&
    focus.closest('input, textarea, select, dialog, [role="tablist"], [role="menu"]')
  )
    return undefined;
  if (event.key === ' ' && focus instanceof Element && focus.closest('button, a, summary')) return undefined;
  // The chat is scrolled by these when it has the focus.
  if (/^Arrow(Up|Down)$/.test(event.key) && focus instanceof Element && focus.closest('[role="log"]'))
    return undefined;
  return KEYS[event.key.length === 1 ? event.key.toLowerCase() : event.key];
}
