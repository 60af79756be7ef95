/** Texts in strings of JSON, written in all the ways that JSON has. */

/** One way to write each character of a string: as it is, in short, or by its code units. */
function written(text: string, ways: readonly number[]): string {
  let at = 0;
  const escaped = [...text].map((char) => {
    const way = ways[at++ % ways.length] ?? 0;
    const short = JSON.stringify(char).slice(1, -1);
    if (way === 0) return short;
    if (way === 1 && char === '/') return '\\/';
    const units = char.split('').map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
    return way === 2 ? units.join('') : units.join('').toUpperCase().replaceAll('\\U', '\\u');
  });
  return `"${escaped.join('')}"`;
}

/**
 * The text in a string of JSON, that JSON in a string of another one, and so on.
 *
 * @param levels how each character is written, over and over: 0 as it is, 1 with a solidus escaped, 2 and 3 by its code units
 */
export function nested(text: string, levels: readonly (readonly number[])[]): string {
  return levels.reduce((inner, way, depth) => `{"k${depth}": ${written(inner, way)}, "z":[1]}`, text);
}
