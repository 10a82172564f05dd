/** What happened several times in a row becomes one line that can be opened. Pure. */

import type { Line } from './feed';

type Notice = Extract<Line, { kind: 'notice' }>;

export type FoldedLine = Line | { kind: 'notices'; key: string; at: number; earlier: Notice[]; last: Notice };

/** Fewer stand as they are: a fold would take as much room. */
const FOLDED_FROM = 3;

export function folded(lines: readonly Line[]): FoldedLine[] {
  const shown: FoldedLine[] = [];
  let run: Notice[] = [];
  const close = (): void => {
    const last = run.at(-1);
    if (!last || run.length < FOLDED_FROM) shown.push(...run);
    else
      shown.push({
        kind: 'notices',
        key: `fold-${run[0]?.key}`,
        at: last.at,
        earlier: run.slice(0, -1),
        last,
      });
    run = [];
  };
  for (const line of lines) {
    if (line.kind === 'notice') run.push(line);
    else {
      close();
      shown.push(line);
    }
  }
  close();
  return shown;
}
