import { CLOSE_BRACE, CLOSE_BRACKET, OPEN_BRACE, OPEN_BRACKET, QUOTE } from './characters.ts';
import { endOfString } from './check.ts';

/** Whether a text begins with an object or a list, and ends with its end: then no more of it is to come. */
export function isWholeJson(text: string): boolean {
  const json = text.trim();
  if (!json.startsWith('{') && !json.startsWith('[')) return false;
  let depth = 0;
  for (let at = 0; at < json.length; at++) {
    const code = json.charCodeAt(at);
    if (code === QUOTE) at = endOfString(json, at);
    else if (code === OPEN_BRACE || code === OPEN_BRACKET) depth++;
    else if (code === CLOSE_BRACE || code === CLOSE_BRACKET) depth--;
    if (depth === 0) return at === json.length - 1;
  }
  return false;
}
