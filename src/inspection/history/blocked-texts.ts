/**
 * What AIDR blocked, beside the turns that it let pass: the same cache, under keys that no turn has. A verdict counts for the
 * same caller under the same configuration, and for texts in the same roles.
 */
import { hash } from 'node:crypto';
import type { HistoryScope, Turn, TurnKey } from './history.ts';

/** No role has this name. */
export function blockedKey(scope: HistoryScope, turns: readonly Turn[]): TurnKey {
  const texts = turns.map(({ role, kind, text }) => `${role} ${kind} ${text.length} ${text}`);
  return hash('sha256', `${scope} blocked ${texts.join(' ')}`, 'base64') as TurnKey;
}

/** Of a text that was in a call which AIDR blocked, whoever is said to have said it. No role has this name either. */
export function suspectKey(scope: HistoryScope, { text }: Pick<Turn, 'text'>): TurnKey {
  return hash('sha256', `${scope} suspect ${text}`, 'base64') as TurnKey;
}
