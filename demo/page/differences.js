/** Which words of two texts differ. */

/** Beyond this many words in question, all of them count as different. */
const MOST = 1_500;

const wordsOf = (text) => text.match(/[\p{L}\p{N}_]+|\s+|[^\p{L}\p{N}_\s]/gu) ?? [];

/**
 * @param {string} before
 * @param {string} after
 * @returns {{ text: string, kind: 'same' | 'gone' | 'new' }[]}
 */
export function differences(before, after) {
  const [a, b] = [wordsOf(before), wordsOf(after)];
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start++;
  let end = 0;
  while (end < a.length - start && end < b.length - start && a.at(-1 - end) === b.at(-1 - end)) end++;
  const middle = between(a.slice(start, a.length - end), b.slice(start, b.length - end));
  return joined([
    { text: a.slice(0, start).join(''), kind: 'same' },
    ...middle,
    { text: a.slice(a.length - end).join(''), kind: 'same' },
  ]);
}

/**
 * @param {'gone' | 'new'} shows
 * @returns what one side has. Spaces between words that are marked are marked with them
 */
export function sideOf(before, after, shows) {
  const parts = joined(differences(before, after).filter(({ kind }) => kind === 'same' || kind === shows));
  return joined(
    parts.map((part, index) => {
      const isBetween = index > 0 && index < parts.length - 1;
      return isBetween && /^\s+$/.test(part.text) ? { ...part, kind: shows } : part;
    }),
  );
}

function between(a, b) {
  if (a.length > MOST || b.length > MOST)
    return [
      { text: a.join(''), kind: 'gone' },
      { text: b.join(''), kind: 'new' },
    ];
  const longest = Array.from({ length: a.length + 1 }, () => new Uint16Array(b.length + 1));
  for (let i = a.length - 1; i >= 0; i--)
    for (let j = b.length - 1; j >= 0; j--)
      longest[i][j] =
        a[i] === b[j] ? longest[i + 1][j + 1] + 1 : Math.max(longest[i + 1][j], longest[i][j + 1]);
  const found = [];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      found.push({ text: a[i], kind: 'same' });
      i++;
      j++;
    } else if (j >= b.length || (i < a.length && longest[i + 1][j] >= longest[i][j + 1]))
      found.push({ text: a[i++], kind: 'gone' });
    else found.push({ text: b[j++], kind: 'new' });
  }
  return found;
}

/** Neighbours of one kind are one. */
function joined(parts) {
  const all = [];
  for (const part of parts) {
    const last = all.at(-1);
    if (part.text === '') continue;
    if (last?.kind === part.kind) last.text += part.text;
    else all.push({ ...part });
  }
  return all;
}
