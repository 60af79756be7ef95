/** Foreign text in a page: it is shown, and does nothing. */

const ESCAPES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

export function escaped(text: string): string {
  return text
    .replace(/[&<>"']/g, (character) => ESCAPES[character] ?? '')
    .replace(/\p{Cc}/gu, (character) => (character === '\n' ? '\n' : ' '));
}
