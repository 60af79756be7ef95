/** A prompt that nobody has looked into, with the decision about it. */
import type { InspectedPrompt } from './inspector.ts';
import type { Decision } from './policy/decision.ts';
import { emptyStats } from './report/inspection-stats.ts';

/** @param length bytes of the body, as far as they are known */
export function uninspected(decision: Decision, length: number): InspectedPrompt {
  return { decision, stats: emptyStats(length), asksForStream: false, mayStream: false, encryptions: [] };
}

/** Of a request without a body, and of an answer without one. */
export const NO_REQUEST_BODY: Decision = { outcome: 'skipped', why: 'the request has no body' };
export const NO_ANSWER_BODY: Decision = { outcome: 'skipped', why: 'the answer has no body' };

export function noPrompt(): InspectedPrompt {
  return uninspected(NO_REQUEST_BODY, 0);
}
