/** Light or dark: the system's choice unless the viewer has made another. */

import { recall, remember } from './storage';

export type Theme = 'system' | 'light' | 'dark';

const chosen = $state({ theme: firstTheme() });

export function theme(): Theme {
  return chosen.theme;
}

export function setTheme(wanted: Theme): void {
  chosen.theme = wanted;
  remember('theme', wanted === 'system' ? undefined : wanted);
  applyTheme();
}

export function applyTheme(): void {
  document.documentElement.dataset.theme = chosen.theme;
}

function firstTheme(): Theme {
  const known = recall('theme');
  return known === 'light' || known === 'dark' ? known : 'system';
}
