/** The request leg: each prompt before it goes to the provider. */

import {
  type Body,
  cannotInspect,
  type Guard,
  type InspectedPrompt,
  inspectPrompt,
} from '../../src/guard/inspect.ts';
import type { Caller } from '../../src/guard/metadata.ts';
import type { Exchange, Headers } from '../../src/kong/exchange.ts';
import type { PhaseEnd } from '../../src/kong/phase.ts';
import { expectsBody, readCaller, requestMark } from '../shared/context.ts';
import { BODY_HEADERS, exitWith, logFailure } from '../shared/ending.ts';
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
  const hadBody = bytes === undefined || bytes.length > 0 || expectsBody(headers, path);
  const encoding = headers.get('content-encoding');
  const body = bytes && { bytes, encoding, path, isSigned: isBodySigned(headers) };
  const { decision, asksForStream } = hadBody ? await decide(guard, headers, body, caller) : NO_PROMPT;
  await logFailure(exchange, NAME, decision);
  if ('rejection' in decision) return exitWith(decision.rejection);
  const mark = requestMark({ caller, path, hadBody, asksForStream });
  if (decision.outcome !== 'redacted') return { kind: 'pass', mark };
  return {
    kind: 'rewrite',
    body: decision.body,
    clear: BODY_HEADERS.filter((name) => headers.get(name) !== undefined),
    mark,
  };
}

/**
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/create-signed-request.html
 */
function isBodySigned(headers: Headers): boolean {
  const isSigV4 = headers.get('authorization')?.startsWith('AWS4-') ?? false;
  return isSigV4 && headers.get('x-amz-content-sha256') !== 'UNSIGNED-PAYLOAD';
}

const NO_PROMPT: InspectedPrompt = {
  decision: { outcome: 'skipped', why: 'the request has no body' },
  asksForStream: false,
};

/** @param body undefined when it was too large to be read */
async function decide(
  guard: Guard,
  headers: Headers,
  body: Body | undefined,
  caller: Caller,
): Promise<InspectedPrompt> {
  if (!body) return { decision: cannotInspect('request', guard, 'too_large'), asksForStream: false };
  if (isUtf8(headers.get('content-type'))) return inspectPrompt(guard, body, caller);
  return { decision: cannotInspect('request', guard, 'unknown_charset'), asksForStream: false };
}

/** JSON is UTF-8, but a server that honours another charset would read another prompt. */
function isUtf8(contentType: string | undefined): boolean {
  const charsets = contentType?.toLowerCase().matchAll(/charset\s*=\s*"?([^\s";,]*)/g) ?? [];
  return [...charsets].every(([, charset]) => UTF8_CHARSETS.has(charset ?? ''));
}

const UTF8_CHARSETS = new Set(['utf-8', 'utf8', 'us-ascii']);
