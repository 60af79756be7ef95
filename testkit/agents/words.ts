/** Prose and code of any length that no detector finds anything in, and that no two places share. */

const WORDS = [
  ...'quay pier harbour tug buoy anchor rope tide crane berth hull mast pilot ledger crew lock canal ferry'.split(
    ' ',
  ),
  ...'checks reads writes moves counts lists signs opens closes sorts merges renames loads stores finds'.split(
    ' ',
  ),
  ...'slowly early again twice below beside after before quickly often never always then later first'.split(
    ' ',
  ),
];

/** The same for the same seed, as a recording is. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** @returns sentences of this many characters */
export function prose(chars: number, seed: number): string {
  const next = seeded(seed);
  const parts: string[] = [];
  for (let length = 0, index = 0; length < chars; index++) {
    const word = WORDS[Math.floor(next() * WORDS.length)] ?? '';
    const part = index % 11 === 10 ? `${word} no. ${seed}/${index}.\n` : `${word} `;
    parts.push(part);
    length += part.length;
  }
  return parts.join('').slice(0, chars);
}

/** @returns lines of a program, as a tool that reads files returns them */
export function source(chars: number, seed: number): string {
  const next = seeded(seed);
  let text = '';
  for (let line = 1; text.length < chars; line++) {
    const word = () => WORDS[Math.floor(next() * WORDS.length)] ?? '';
    text += `${String(line).padStart(6)}\tconst ${word()}_${seed} = ${word()}("${word()}\\t${word()}", { ${word()}: ${line} });\n`;
  }
  return text.slice(0, chars);
}

/** Keys of every object in another order, each time in a different one. */
export function shuffled(value: unknown, next: () => number): unknown {
  if (Array.isArray(value)) return value.map((item) => shuffled(item, next));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, item]) => ({
    key,
    item: shuffled(item, next),
    at: next(),
  }));
  return Object.fromEntries(entries.sort((a, b) => a.at - b.at).map(({ key, item }) => [key, item]));
}
