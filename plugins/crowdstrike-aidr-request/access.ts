/** The request leg: each prompt before it goes to the provider. */

import type { Decision } from '../../src/guard/decision.ts';
import { cannotInspect, type Guard, inspectPrompt } from '../../src/guard/inspect.ts';
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
  const caller = await readCaller(exchange);
  const hadBody = announcesBody(headers) || (bytes !== undefined && bytes.length > 0);
  const encoding = headers.get('content-encoding');
  const decision = await decide(guard, bytes, encoding, hadBody, caller);
  await logFailure(exchange, NAME, decision);
  if ('rejection' in decision) return exitWith(decision.rejection);
  const mark = requestMark({ caller, hadBody });
  if (decision.outcome !== 'redacted') return { kind: 'pass', mark };
  return {
    kind: 'rewrite',
    body: decision.body,
    clear: encoding === undefined ? [] : ['content-encoding'],
    mark,
  };
}

async function decide(
  guard: Guard,
  bytes: Uint8Array | undefined,
  encoding: string | undefined,
  hadBody: boolean,
  caller: Parameters<typeof inspectPrompt>[2],
): Promise<Decision> {
  if (!hadBody) return { outcome: 'skipped', why: 'the request has no body' };
  if (!bytes) return cannotInspect('request', guard, 'too_large');
  return inspectPrompt(guard, { bytes, encoding }, caller);
}
