/** The request leg: each prompt before it goes to the provider. */

import { BODY_HEADERS } from '../../src/body/body-headers.ts';
import { ANY_EXIT } from '../../src/config/guard-plugin.ts';
import { callerKey } from '../../src/guard/caller-key.ts';
import type { Decision } from '../../src/guard/decision.ts';
import { noFacts } from '../../src/guard/facts.ts';
import type { Body, Inquiry, InspectedPrompt } from '../../src/guard/guard.ts';
import { noRoom } from '../../src/guard/no-room.ts';
import { cannotInspect } from '../../src/guard/open-body.ts';
import type { Exchange, Headers } from '../../src/kong/exchange.ts';
import type { PhaseEnd } from '../../src/kong/phase.ts';
import { inspectPrompt } from '../../src/workers/inspect.ts';
import { callerOf, expectsBody, inquiryOf, requestMark } from '../shared/context.ts';
import { exitWith } from '../shared/ending.ts';
import type { Instance } from '../shared/instance.ts';
import { refuseHead } from '../shared/request-head.ts';

export async function guardRequest(instance: Instance, exchange: Exchange): Promise<PhaseEnd> {
  const began = performance.now();
  const { guard, isAudit } = instance;
  const prompt = await exchange.prompt(guard.config.max_body_size, instance.maxUnannounced);
  const { headers, path, body: bytes } = prompt;
  const refused = refuseHead(headers, isAudit);
  if (refused) {
    const decision: Decision = { outcome: 'blocked', rejection: refused };
    const { record } = await instance.report(exchange, { decision, facts: noFacts() }, began);
    return { ...exitWith(refused), record };
  }
  const caller = await callerOf(instance, exchange, prompt);
  const length = Number(headers.get('content-length') ?? 0);
  const hadBody = bytes === undefined || bytes.length > 0 || expectsBody(headers, path);
  const encoding = headers.get('content-encoding');
  const body = bytes && { bytes, encoding, path, isSigned: isBodySigned(headers) };
  const inspect = (inquiry: Inquiry) =>
    hadBody ? decide(instance, headers, body, inquiry, length) : noPrompt();
  if (isAudit) {
    const audit = {
      caller: callerKey(caller, guard.id),
      bytes: bytes?.length ?? 0,
      inspect: async (signal: AbortSignal) => inspect({ caller, signal }),
    };
    const { record, ...exposed } = await instance.reportLater(exchange, audit, began);
    const mark = requestMark({ caller, path, hadBody, encryptions: [], ...exposed });
    return { kind: 'pass', mark, record, exits: ANY_EXIT };
  }
  const inspected = exchange.chargeBodies(callerKey(caller, guard.id))
    ? await inspect(inquiryOf(exchange, caller))
    : uninspected(noRoom('request'), length);
  const { record, ...exposed } = await instance.report(exchange, inspected, began);
  const { decision, facts, asksForStream, mayStream, encryptions, history } = inspected;
  if ('rejection' in decision) return { ...exitWith(decision.rejection), record };
  const mark = requestMark({
    caller,
    path,
    hadBody,
    asksForStream,
    prompt: { formats: facts.formats, mayStream },
    encryptions,
    ...(history ? { history } : {}),
    ...exposed,
  });
  if (!('body' in decision) || !decision.body) return { kind: 'pass', mark, record };
  return {
    kind: 'rewrite',
    body: decision.body,
    clear: BODY_HEADERS.filter((name) => headers.get(name) !== undefined),
    mark,
    record,
  };
}

/**
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/create-signed-request.html
 */
function isBodySigned(headers: Headers): boolean {
  const isSigV4 = headers.get('authorization')?.startsWith('AWS4-') ?? false;
  return isSigV4 && headers.get('x-amz-content-sha256') !== 'UNSIGNED-PAYLOAD';
}

function noPrompt(): InspectedPrompt {
  return uninspected({ outcome: 'skipped', why: 'the request has no body' }, 0);
}

/**
 * @param body undefined when it was too large to be read
 * @param length of the body, as the client announced it
 */
async function decide(
  { guard }: Instance,
  headers: Headers,
  body: Body | undefined,
  inquiry: Inquiry,
  length: number,
): Promise<InspectedPrompt> {
  if (body && isUtf8(headers.get('content-type'))) return inspectPrompt(guard, body, inquiry);
  return uninspected(cannotInspect('request', guard, body ? 'unknown_charset' : 'too_large'), length);
}

/** @param length bytes of the body, as far as they are known */
function uninspected(decision: Decision, length: number): InspectedPrompt {
  return { decision, facts: noFacts(length), asksForStream: false, mayStream: false, encryptions: [] };
}

/** JSON is UTF-8, but a server that honours another charset would read another prompt. */
function isUtf8(contentType: string | undefined): boolean {
  // RFC 2231 writes a parameter's value in a language, or in pieces: nobody needs that to say UTF-8.
  if (contentType && /charset\s*\*/i.test(contentType)) return false;
  const charsets = contentType?.toLowerCase().matchAll(/charset\s*=\s*"?([^\s";,]*)/g) ?? [];
  return [...charsets].every(([, charset]) => UTF8_CHARSETS.has(charset ?? ''));
}

const UTF8_CHARSETS = new Set(['utf-8', 'utf8', 'us-ascii']);
