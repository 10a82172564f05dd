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

/** Where keys are letters, or belong to a choice. */
const TYPING =
  'input:not([type="range"], [type="radio"], [type="checkbox"]), textarea, select, dialog, [role="menu"]';
/** Where the space bar presses, and where the arrows move something else. */
const PRESSED = 'button, a, summary, input';
const MOVED = 'input, [role="tablist"], [role="log"]';

export function shortcut(event: KeyboardEvent): Shortcut | undefined {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return undefined;
  const isIn = (places: string): boolean => event.target instanceof Element && !!event.target.closest(places);
  if (isIn(TYPING)) return undefined;
  if (event.key === ' ' && isIn(PRESSED)) return undefined;
  if (event.key.startsWith('Arrow') && isIn(MOVED)) return undefined;
  return KEYS[event.key.length === 1 ? event.key.toLowerCase() : event.key];
}
