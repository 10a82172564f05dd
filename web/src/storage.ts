/** What this browser remembers. Where storage is forbidden, nothing is remembered and nothing breaks. */

const PREFIX = 'synctv.';

export function recall(name: string): string | undefined {
  try {
    return localStorage.getItem(PREFIX + name) ?? undefined;
  } catch {
    return undefined;
  }
}

/** `undefined` forgets. */
export function remember(name: string, value: string | undefined): void {
  try {
    if (value === undefined) localStorage.removeItem(PREFIX + name);
    else localStorage.setItem(PREFIX + name, value);
  } catch {
    // A full or forbidden storage costs the viewer a preference, nothing more.
  }
}
