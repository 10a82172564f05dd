/** Numbers as people read them, in every language alike. */

/** `75` as `1:15`, `3675` as `1:01:15`. */
export function playTime(seconds: number): string {
  const whole = Math.max(0, Math.floor(Number.isFinite(seconds) ? seconds : 0));
  const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const shown = parts[0] ? parts : parts.slice(1);
  return shown.map((part, index) => (index ? String(part).padStart(2, '0') : String(part))).join(':');
}

/** Text with the addresses in it told apart, so that they can be made links. */
export function withLinks(text: string): { text: string; href?: string }[] {
  return text
    .split(/(https?:\/\/[^\s<>"']+[^\s<>"'.,;:!?)\]}。，！？）])/)
    .filter((part) => part !== '')
    .map((part) =>
      /^https?:\/\//.test(part) && URL.canParse(part) ? { text: part, href: part } : { text: part },
    );
}
