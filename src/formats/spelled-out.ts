/** Places that repeat a text token by token, such as log probabilities: they go when the text is changed. */
import { findText } from '../body/find-text.ts';
import type { Collector } from './collector.ts';
import type { Placed } from './placed.ts';

/**
 * Tokens that spell a part of what is inspected anyway need no second look; others are text like any other.
 *
 * @param tokens in the order in which they are read
 */
export function claimSpelled(tokens: readonly Placed[], said: string, out: Collector): void {
  const spelling = tokens.map(({ value }) => (typeof value === 'string' ? value : '')).join('');
  if (spelling === '' || findText(said, spelling) === -1) return;
  for (const { value, path } of tokens) if (typeof value === 'string') out.claim(path);
}
