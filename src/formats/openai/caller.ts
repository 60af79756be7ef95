/**
 * What a request says about its caller, in all of OpenAI's APIs: `user`, `safety_identifier` and `metadata`. No model
 * reads them, but the provider keeps them, and people put e-mail addresses there.
 *
 * They belong to no turn: as a user's words they would move the boundary between old turns and new ones.
 */
import type { Collector } from '../collector.ts';
import type { JsonObject } from '../segment.ts';

export function readCaller(body: JsonObject, out: Collector): void {
  for (const key of CALLER_KEYS) out.leaves('system', 'text', body[key], [key]);
}

export const CALLER_KEYS = ['user', 'safety_identifier', 'metadata'];
