/** From a rejection to what the client gets: in the style that the configuration says, in the shape that its API has. */
import { randomUUID } from 'node:crypto';
import { routedPath } from '../../formats/path-spellings.ts';
import { type RefusedRoute, refusalsFor } from '../../formats/refusal.ts';
import { type ApiRefusals, errorForAll } from '../../formats/refusal-contract.ts';
import type { AnyInspector, Inspector } from '../inspector.ts';
import { isBlock, isUninspected } from './refusal-codes.ts';
import {
  jsonReply,
  type RefusalReply,
  replyToAllAlike,
  retryHeaders,
  stealthyWords,
} from './refusal-to-anyone.ts';
import { messageOf, type Rejection } from './rejection.ts';

/** Who is refused, as far as it is known. */
export interface RefusedClient {
  /** The request's path; absent where nobody has asked for it. */
  path?: string;
  /** Names of the formats that read the prompt. */
  formats?: readonly string[];
  model?: string | undefined;
  asksForStream?: boolean;
  /** The query asks for an event stream, where the API streams otherwise too. */
  asksForEvents?: boolean;
  /** What is sent is translated on its way, and errors are not: an answer in the client's own format would be lost. */
  isTranslated?: boolean;
}

type Refusing = Pick<Inspector, 'config' | 'formats'>;

export function refusalReply(inspector: Refusing, decided: Rejection, client: RefusedClient): RefusalReply {
  const { config, formats } = inspector;
  const rejection = isUninspected(decided.code)
    ? { ...decided, httpStatus: config.uninspected_status }
    : decided;
  const { code, httpStatus, reason, status, requestId } = rejection;
  const alike = replyToAllAlike(rejection, config.rejection_style);
  if (alike) return alike;
  const route: RefusedRoute = { provider: config.upstream_llm.provider, formats };
  const api = refusalsFor(route, client.path, client.formats ?? []);
  if (config.rejection_style === 'completion' && isBlock(code)) {
    const answer = answered(api, rejection, client);
    if (answer) return answer;
  }
  const message = messageOf(rejection);
  const refused = { httpStatus, code, message, ...(requestId === undefined ? {} : { requestId }) };
  const error = (api?.error ?? errorForAll)(refused);
  const headers = { ...retryHeaders(rejection), ...api?.headers?.(refused) };
  return jsonReply(httpStatus, { reason, status, code, ...error }, headers);
}

/** The decision as the client got it: styles have statuses of their own. */
export function asReplied<Refusing extends { rejection: Rejection }>(
  decision: Refusing,
  status: number,
): Refusing {
  return { ...decision, rejection: { ...decision.rejection, httpStatus: status } };
}

/** What ends a stream that has begun: no status can change any more, and no other answer can take its place. */
export function lateSentence({ config }: Pick<AnyInspector, 'config'>, rejection: Rejection): string {
  if (config.rejection_style === 'stealth') return stealthyWords(rejection);
  if (config.rejection_style === 'plain') return `${rejection.status}: ${rejection.reason}`;
  return messageOf(rejection);
}

/** @returns undefined where the API has no answer that could say it */
function answered(
  api: ApiRefusals | undefined,
  rejection: Rejection,
  { path: asked = '', model = '', asksForStream = false, asksForEvents = false, isTranslated }: RefusedClient,
): RefusalReply | undefined {
  const answer = api?.answer;
  const path = routedPath(asked);
  if (!answer || isTranslated || answer.notAt?.test(path)) return undefined;
  const id = randomUUID().replaceAll('-', '');
  const created = Math.floor(Date.now() / 1000);
  const said = { text: messageOf(rejection), model, id, created, path, asksForEvents };
  // No cache may keep it for the next one who asks.
  const headers = { 'Cache-Control': 'no-store' };
  if (!asksForStream) {
    const whole = answer.whole(said);
    return whole && jsonReply(200, whole, headers);
  }
  const streamed = answer.streamed(said);
  if (!streamed) return undefined;
  return {
    status: 200,
    headers: { 'Content-Type': streamed.contentType, ...headers },
    body: streamed.body,
  };
}
