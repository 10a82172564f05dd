/** Which page the address means. Paths only: whatever is secret in a link stands in its fragment. */

export type Route =
  | { page: 'home' | 'setup' | 'recover' | 'login' | 'register' | 'rooms' | 'account' | 'missing' }
  | { page: 'room'; roomId: string };

const PAGES: Partial<Record<string, Route>> = {
  '/': { page: 'home' },
  '/setup': { page: 'setup' },
  '/recover': { page: 'recover' },
  '/login': { page: 'login' },
  '/register': { page: 'register' },
  '/rooms': { page: 'rooms' },
  '/account': { page: 'account' },
};

const place = $state({ path: '/', query: '', fragment: '' });

export function routeOf(path: string): Route {
  const room = /^\/rooms\/([A-Za-z0-9_-]+)\/?$/.exec(path);
  if (room?.[1]) return { page: 'room', roomId: room[1] };
  return PAGES[path.length > 1 ? path.replace(/\/$/, '') : path] ?? { page: 'missing' };
}

export function route(): Route {
  return routeOf(place.path);
}

/** What stands behind the `#`: it is never sent to a server. */
export function fragment(): string {
  return place.fragment;
}

/** Where to go after signing in: the path in `?next=`, if it is one of this origin, else the rooms. */
export function next(): string {
  return safePath(new URLSearchParams(place.query).get('next')) ?? '/rooms';
}

/** `text` as a path of this origin, or nothing: `//host`, `/\host` and whole addresses lead elsewhere. */
export function safePath(text: string | null): string | undefined {
  const base = 'http://origin.invalid';
  if (!text?.startsWith('/') || /[\\\s]/.test(text)) return undefined;
  const url = URL.canParse(text, base) ? new URL(text, base) : undefined;
  return url?.origin === base ? url.pathname + url.search + url.hash : undefined;
}

export function withNext(page: '/login' | '/register', path: string): string {
  return `${page}?${new URLSearchParams({ next: path })}`;
}

export function go(path: string, how: 'push' | 'replace' = 'push'): void {
  if (how === 'push') history.pushState(null, '', path);
  else history.replaceState(null, '', path);
  read();
  window.scrollTo(0, 0);
}

/** Begins to follow the address, and links of this page that are clicked plainly. */
export function startRouter(): void {
  read();
  window.addEventListener('popstate', read);
  window.addEventListener('hashchange', read);
  document.addEventListener('click', (event) => {
    const link = event.target instanceof Element ? event.target.closest('a') : null;
    const isPlain =
      event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
    if (!link || !isPlain || link.target || link.origin !== location.origin || event.defaultPrevented) return;
    event.preventDefault();
    go(link.pathname + link.search + link.hash);
  });
}

function read(): void {
  place.path = location.pathname;
  place.query = location.search;
  place.fragment = location.hash.slice(1);
}
