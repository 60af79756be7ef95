/** A refusal where no client is known: with the members that most clients read, or in a style that knows no clients. */
import { errorForAll } from '../../formats/refusal-contract.ts';
import { messageOf, type Rejection } from './rejection.ts';

/** What the client gets. */
export interface RefusalReply {
  status: number;
  headers: Record<string, string>;
  body: string | Uint8Array;
}

/** @param style `rejection_style` of a configuration that nobody has checked */
export function replyToAnyone(rejection: Rejection, style?: unknown): RefusalReply {
  const { code, httpStatus, reason, status } = rejection;
  const alike = replyToAllAlike(rejection, style);
  if (alike) return alike;
  const error = errorForAll({ httpStatus, code, message: messageOf(rejection) });
  return jsonReply(httpStatus, { reason, status, code, ...error }, retryHeaders(rejection));
}

/** @returns undefined in the styles that ask which client is refused */
export function replyToAllAlike(rejection: Rejection, style: unknown): RefusalReply | undefined {
  const { httpStatus, reason, status } = rejection;
  if (style === 'stealth') return stealthy(rejection);
  return style === 'plain' ? jsonReply(httpStatus, { reason, status }, retryHeaders(rejection)) : undefined;
}

/** What Kong's own guardrails say. A server's failure stays one, so that clients come back. */
function stealthy(rejection: Rejection): RefusalReply {
  const { httpStatus } = rejection;
  const body = { error: { message: stealthyWords(rejection) } };
  return httpStatus < 500 ? jsonReply(403, body, {}) : jsonReply(httpStatus, body, retryHeaders(rejection));
}

export function stealthyWords({ httpStatus }: Rejection): string {
  return httpStatus < 500 ? 'request forbidden' : 'request failed';
}

/** OpenAI's and Anthropic's clients heed `x-should-retry` before the status. */
export function retryHeaders({ retryAfter }: Rejection): Record<string, string> {
  return retryAfter === undefined ? { 'x-should-retry': 'false' } : { 'Retry-After': String(retryAfter) };
}

export function jsonReply(status: number, body: object, headers: Record<string, string>): RefusalReply {
  return { status, headers: { 'Content-Type': 'application/json', ...headers }, body: JSON.stringify(body) };
}
