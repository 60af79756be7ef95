/** The request leg: each prompt before it goes to the provider. */

import type { Decision } from '../../src/guard/decision.ts';
import { type Body, cannotInspect, type Guard, inspectPrompt } from '../../src/guard/inspect.ts';
import type { Caller } from '../../src/guard/metadata.ts';
import type { Exchange } from '../../src/kong/exchange.ts';
import type { PhaseEnd } from '../../src/kong/phase.ts';
import { announcesBody, readCaller, requestMark } from '../shared/context.ts';
import { exitWith, logFailure } from '../shared/ending.ts';
import { refuseHead } from '../shared/request-head.ts';
import { NAME } from './name.ts';

export async function guardRequest(guard: Guard, exchange: Exchange): Promise<PhaseEnd> {
  const headers = await exchange.requestHeaders();
  const refused = refuseHead(headers);
  if (refused) return exitWith(refused);
  const maxSize = guard.config.max_body_size;
  const isTooLarge = Number(headers.get('content-length') ?? 0) > maxSize;
  const bytes = isTooLarge ? undefined : await exchange.requestBody(maxSize);
  const path = await exchange.requestPath();
  const caller = await readCaller(exchange);
  const hadBody = announcesBody(headers) || (bytes !== undefined && bytes.length > 0);
  const encoding = headers.get('content-encoding');
  const body = bytes && { bytes, encoding, path };
  const decision = hadBody ? await decide(guard, body, caller) : NO_PROMPT;
  await logFailure(exchange, NAME, decision);
  if ('rejection' in decision) return exitWith(decision.rejection);
  const mark = requestMark({ caller, path, hadBody });
  if (decision.outcome !== 'redacted') return { kind: 'pass', mark };
  return {
    kind: 'rewrite',
    body: decision.body,
    clear: encoding === undefined ? [] : ['content-encoding'],
    mark,
  };
}

const NO_PROMPT: Decision = { outcome: 'skipped', why: 'the request has no body' };

/** @param body undefined when it was too large to be read */
async function decide(guard: Guard, body: Body | undefined, caller: Caller): Promise<Decision> {
  return body ? inspectPrompt(guard, body, caller) : cannotInspect('request', guard, 'too_large');
}
