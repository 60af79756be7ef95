/** What the two plugins do with a request and its answer, in their order, without Kong around them. */
import type { Caller } from '../../inspection/calls/metadata.ts';
import { isUtf8 } from '../../inspection/charset.ts';
import { inspectAnswer } from '../../inspection/inspect-answer.ts';
import { inspectPrompt } from '../../inspection/inspect-prompt.ts';
import type { InspectedPrompt, Inspection } from '../../inspection/inspector.ts';
import { cannotInspect } from '../../inspection/open-body.ts';
import { emptyStats } from '../../inspection/report/inspection-stats.ts';
import { expectsBody, isBodySigned, refuseHead } from '../../inspection/request-head.ts';
import { noPrompt, uninspected } from '../../inspection/uninspected.ts';
import { refusedEndpoint, unreadableAnswer } from '../../inspection/unreadable-answer.ts';
import { type Headers, MAX_HEADERS } from '../../kong/kong-request.ts';
import type { PluginPair } from './plugin-pair.ts';

export interface DryRequest {
  path: string;
  headers: Headers;
  body: Uint8Array;
  caller: Caller;
}

export interface DryAnswer {
  status: number;
  contentType: string | undefined;
  encoding: string | undefined;
  body: Uint8Array;
}

/** @param headers by their names in lower case */
export function headersFrom(headers: ReadonlyMap<string, string>): Headers {
  return { get: (name) => headers.get(name), names: [...headers.keys()], count: headers.size };
}

export async function dryPrompt(pair: PluginPair, request: DryRequest): Promise<InspectedPrompt> {
  const { request: inspector } = pair;
  const { path, headers, body: bytes, caller } = request;
  const refused = refuseHead(headers, MAX_HEADERS, false) ?? refusedEndpoint(inspector.config, path);
  if (refused) return uninspected({ outcome: 'blocked', rejection: refused }, bytes.length);
  if (!hasPrompt(request)) return noPrompt();
  const contentType = headers.get('content-type');
  if (!isUtf8(contentType))
    return uninspected(cannotInspect('request', inspector, 'unknown_charset'), bytes.length);
  const body = {
    bytes,
    path,
    contentType,
    encoding: headers.get('content-encoding'),
    isSigned: isBodySigned(headers),
  };
  return inspectPrompt(inspector, body, { caller });
}

/** @returns why the provider is not asked although the prompt may pass; undefined where it is asked */
export function refusalBefore(
  pair: PluginPair,
  request: DryRequest,
  prompt: InspectedPrompt,
): Inspection | undefined {
  const { asksForMedia } = prompt;
  const known = {
    path: request.path,
    hadBody: hasPrompt(request),
    ...(asksForMedia ? { asksForMedia } : {}),
  };
  const rejection = unreadableAnswer(pair.response.config, known);
  return rejection && { decision: { outcome: 'blocked', rejection }, stats: emptyStats() };
}

/** @param prompt what the request plugin found: turns that are known then need not be asked about again */
export async function dryAnswer(
  pair: PluginPair,
  request: DryRequest,
  prompt: Pick<InspectedPrompt, 'encryptions' | 'history' | 'asksForStream'>,
  answer: DryAnswer,
): Promise<Inspection> {
  const { response: inspector } = pair;
  if (prompt.asksForStream && !inspector.config.guard_streaming_response) return UNBUFFERED;
  const { path, caller } = request;
  const { body: bytes, ...head } = answer;
  const known = { ...head, bytes, path, requestHadBody: hasPrompt(request) };
  return inspectAnswer(inspector, known, { caller }, prompt);
}

function hasPrompt({ body, headers, path }: DryRequest): boolean {
  return body.length > 0 || expectsBody(headers, path);
}

const UNBUFFERED: Inspection = {
  decision: { outcome: 'skipped', why: 'streamed answers pass unbuffered on this route' },
  stats: { ...emptyStats(), streamed: true },
};
