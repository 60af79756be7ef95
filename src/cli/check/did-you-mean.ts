/** The name that somebody meant who wrote another one. */

/** @returns a remedy that names the candidate that `word` is nearest to, if any is near */
export function didYouMean(word: string, candidates: Iterable<string>): string | undefined {
  const name = nearest(word, candidates);
  return name === undefined ? undefined : `did you mean ${name}?`;
}

/** Longer words may differ in more letters. */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  const most = Math.min(3, Math.floor(word.length / 3));
  const near = [...new Set(candidates)]
    .filter((name) => Math.abs(name.length - word.length) <= most)
    .map((name) => ({ name, edits: editsBetween(word, name) }))
    .filter(({ edits }) => edits > 0 && edits <= most);
  return near.sort((a, b) => a.edits - b.edits)[0]?.name;
}

/** Letters to add, take away, replace, or exchange with the next one. */
function editsBetween(from: string, to: string): number {
  let [before, row] = [[] as number[], Array.from({ length: to.length + 1 }, (_, index) => index)];
  for (let i = 1; i <= from.length; i++) {
    const next = [i];
    for (let j = 1; j <= to.length; j++) {
      const isSame = from[i - 1] === to[j - 1];
      const isSwapped = i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1];
      next[j] = Math.min(
        at(row, j) + 1,
        at(next, j - 1) + 1,
        at(row, j - 1) + (isSame ? 0 : 1),
        isSwapped ? at(before, j - 2) + 1 : Number.POSITIVE_INFINITY,
      );
    }
    [before, row] = [row, next];
  }
  return at(row, to.length);
}

function at(row: readonly number[], index: number): number {
  return row[index] ?? Number.POSITIVE_INFINITY;
}
