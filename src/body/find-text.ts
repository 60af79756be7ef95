/**
 * Looks for one text in another in time proportional to both, whatever they are: the engine's own search takes their
 * product where they repeat themselves, and a caller or a provider writes them.
 *
 * It is Knuth, Morris and Pratt's algorithm: a mismatch goes on with the longest beginning that was read anyway.
 */

/** UTF-16 code units: no text makes the engine slow with so short a part. */
const SHORT = 32;

/** @returns as `indexOf` */
export function findText(text: string, part: string, from = 0): number {
  if (part.length <= SHORT) return text.indexOf(part, from);
  const borders = bordersOf(part);
  let matched = 0;
  for (let at = from; at < text.length; at++) {
    matched = goOn(part, borders, matched, text.charCodeAt(at));
    if (matched === part.length) return at + 1 - matched;
  }
  return -1;
}

/** @returns whether the part stands in two places, which may overlap */
export function standsTwice(text: string, part: string): boolean {
  const first = findText(text, part);
  return first !== -1 && findText(text, part, first + 1) !== -1;
}

/** @returns for each beginning of the part how much of its own beginning is its end */
function bordersOf(part: string): Int32Array {
  const borders = new Int32Array(part.length);
  for (let at = 1; at < part.length; at++) {
    borders[at] = goOn(part, borders, borders[at - 1] ?? 0, part.charCodeAt(at));
  }
  return borders;
}

/** @returns how much of the part's beginning ends with this code unit, when so much ended before it */
function goOn(part: string, borders: Int32Array, matched: number, code: number): number {
  let length = matched;
  while (length > 0 && part.charCodeAt(length) !== code) length = borders[length - 1] ?? 0;
  return part.charCodeAt(length) === code ? length + 1 : length;
}
