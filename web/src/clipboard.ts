/** Copies text. Over plain http there is no clipboard interface, so a selected field and the old command serve. */
export async function copy(text: string, field: HTMLInputElement): Promise<boolean> {
  try {
    if (navigator.clipboard) {
      await navigator.clipboard.writeText(text);
      return true;
    }
  } catch {
    // Forbidden by a policy or by the viewer: the old way may still be open.
  }
  field.select();
  return document.execCommand('copy');
}
