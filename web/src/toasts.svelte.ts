/** Short messages over the page that go away by themselves. */

import { asProblem } from './api/problem';
import { problemText } from './i18n/problems';

export interface Toast {
  id: number;
  kind: 'note' | 'error';
  text: string;
}

const SHOWN_MS = 6_000;

export const toasts = $state<Toast[]>([]);
let count = 0;

export function toast(text: string, kind: Toast['kind'] = 'note'): void {
  count += 1;
  const id = count;
  if (toasts.some((shown) => shown.text === text)) return;
  toasts.push({ id, kind, text });
  setTimeout(() => dismiss(id), SHOWN_MS);
}

export function toastProblem(error: unknown): void {
  toast(problemText(asProblem(error)), 'error');
}

export function dismiss(id: number): void {
  const index = toasts.findIndex((shown) => shown.id === id);
  if (index >= 0) toasts.splice(index, 1);
}
