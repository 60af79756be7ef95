/** Foreign text for a terminal: nothing in it may move the cursor, or say something else than it shows. */

/** Controls but for tabs and line feeds, and what turns the direction of writing around. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

/** @param keepsLines line feeds stay */
export function printable(text: string, keepsLines = false): string {
  return text.replace(UNPRINTABLE, (character) => {
    if (keepsLines && (character === '\n' || character === '\t')) return character;
    const code = character.codePointAt(0) ?? 0;
    return `\\u{${code.toString(16)}}`;
  });
}

/** On one line, and not longer than fits there. */
export function excerpt(text: string, length: number): string {
  const line = printable(text.slice(0, length));
  return text.length > length ? `${line}… (${text.length} characters)` : line;
}
