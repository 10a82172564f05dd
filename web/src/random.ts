/** An id that nobody else makes. `crypto.randomUUID` is missing over plain http, so it is made by hand. */
export function randomId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
