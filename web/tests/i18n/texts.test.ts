import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type AST, parse } from 'svelte/compiler';
import { describe, expect, test } from 'vitest';
import en from '../../src/i18n/en.json';
import zh from '../../src/i18n/zh.json';

const ROOT = join(import.meta.dirname, '../../src');
const SPOKEN_ATTRIBUTES = ['aria-label', 'title', 'placeholder', 'alt', 'label', 'hint', 'lead', 'text'];

function files(folder: string, ending: RegExp): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => ending.test(name) && !name.startsWith('generated'))
    .map((name) => join(folder, name));
}

/** Words that stand in the markup itself, in text or in an attribute that is read out. */
function literalText(source: string): string[] {
  const found: string[] = [];
  const visit = (node: unknown): void => {
    if (Array.isArray(node)) for (const one of node) visit(one);
    if (typeof node !== 'object' || node === null || Array.isArray(node)) return;
    const { type, name, data, value } = node as {
      type?: string;
      name?: string;
      data?: string;
      value?: unknown;
    };
    if (type === 'Attribute' && !SPOKEN_ATTRIBUTES.includes(name ?? '')) {
      // Code inside of an attribute may still hold markup: snippets do.
      for (const part of Array.isArray(value) ? value : [value]) {
        if ((part as AST.ExpressionTag | AST.Text)?.type !== 'Text') visit(part);
      }
      return;
    }
    if (type === 'Text' && /\p{L}/u.test(data?.replaceAll(/&\w+;/g, '') ?? ''))
      found.push(data?.trim() ?? '');
    for (const [key, child] of Object.entries(node)) if (key !== 'parent') visit(child);
  };
  visit(parse(source, { modern: true }).fragment);
  return found;
}

describe('the texts', () => {
  const keys = Object.keys(en);
  const code = files(ROOT, /\.(svelte|ts)$/)
    .map((file) => readFileSync(file, 'utf8'))
    .join('\n');

  test('both languages have the same keys', () => {
    expect(Object.keys(zh)).toEqual(keys);
  });

  test('both languages fill in the same words', () => {
    const slots = (text: string): string[] => (text.match(/\{\w+\}/g) ?? []).sort();
    for (const [key, text] of Object.entries(en)) {
      expect(slots(zh[key as keyof typeof zh]), key).toEqual(slots(text));
    }
  });

  test('no text is empty, and none was left in the other language', () => {
    const same = Object.entries(en).filter(([key, text]) => zh[key as keyof typeof zh] === text);
    expect(same.map(([key]) => key)).toEqual(['app.name', 'player.times']);
    expect(Object.values({ ...en, ...zh }).filter((text) => !text.trim())).toEqual([]);
  });

  test('every key is used', () => {
    expect(keys.filter((key) => !code.includes(`'${key}'`))).toEqual([]);
  });

  test('every key that is asked for exists', () => {
    const asked = [...code.matchAll(/\bt\(\s*'([^']+)'/g)].map(([, key]) => key ?? '');
    expect(asked.length).toBeGreaterThan(100);
    expect(asked.filter((key) => !keys.includes(key))).toEqual([]);
  });

  test.each(files(ROOT, /\.svelte$/))('no words stand in %s', (file) => {
    expect(literalText(readFileSync(file, 'utf8'))).toEqual([]);
  });

  test('words in markup are found', () => {
    expect(literalText('<p>Hello</p>')).toEqual(['Hello']);
    expect(literalText('<input placeholder="Your name" class="input" />')).toEqual(['Your name']);
    expect(literalText('{#if a}<b>{b}: Yes</b>{/if}')).toEqual([': Yes']);
    expect(literalText("<p class='words'>{t('key')} · {1}</p>")).toEqual([]);
  });
});
