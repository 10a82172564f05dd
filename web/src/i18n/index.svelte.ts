/** Every word that a person reads. Keys are those of `en.json`; both languages are complete (a test sees to it). */

import { recall, remember } from '../storage';
import en from './en.json';
import zh from './zh.json';

export type Key = keyof typeof en;
export type Language = 'en' | 'zh';

export const LANGUAGES: readonly { code: Language; name: string }[] = [
  { code: 'en', name: 'English' },
  { code: 'zh', name: '中文' },
];

const TEXTS: Record<Language, Record<Key, string>> = { en, zh };

const chosen = $state({ language: firstLanguage() });

export function language(): Language {
  return chosen.language;
}

export function setLanguage(code: Language): void {
  chosen.language = code;
  remember('language', code);
  document.documentElement.lang = code;
}

/** The text of `key` in the viewer's language, `{name}` replaced by `params.name`. */
export function t(key: Key, params: Record<string, string | number> = {}): string {
  return TEXTS[chosen.language][key].replace(/\{(\w+)\}/g, (whole, name: string) =>
    String(params[name] ?? whole),
  );
}

/** Names in a row, as the language joins them. */
export function listed(names: readonly string[]): string {
  return new Intl.ListFormat(chosen.language, { type: 'conjunction' }).format(names);
}

export function dateTime(moment: string | number): string {
  const format = { dateStyle: 'medium', timeStyle: 'short' } as const;
  return new Intl.DateTimeFormat(chosen.language, format).format(new Date(moment));
}

export function clockTime(moment: number): string {
  return new Intl.DateTimeFormat(chosen.language, { timeStyle: 'short' }).format(new Date(moment));
}

export function fileSize(bytes: number): string {
  const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'] as const;
  const power = Math.min(units.length - 1, Math.floor(Math.log(Math.max(bytes, 1)) / Math.log(1000)));
  const format = { style: 'unit', unit: units[power], maximumFractionDigits: power > 2 ? 1 : 0 } as const;
  return new Intl.NumberFormat(chosen.language, format as Intl.NumberFormatOptions).format(
    bytes / 1000 ** power,
  );
}

function firstLanguage(): Language {
  const known = recall('language');
  if (known === 'en' || known === 'zh') return known;
  const asked = typeof navigator === 'undefined' ? [] : navigator.languages;
  return asked
    .find((tag) => /^(en|zh)\b/i.test(tag))
    ?.toLowerCase()
    .startsWith('zh')
    ? 'zh'
    : 'en';
}
