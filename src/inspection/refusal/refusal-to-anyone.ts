/** A refusal where neither a configuration nor a client is known: with the members that most clients read. */
import { errorForAll } from '../../formats/refusal-contract.ts';
import { messageOf, type Rejection } from './rejection.ts';

/** What the client gets. */
export interface RefusalReply {
  status: number;
  headers: Record<string, string>;
  body: string | Uint8Array;
}

export function replyToAnyone(rejection: Rejection): RefusalReply & { body: string } {
  const { code, httpStatus, reason, status } = rejection;
  const error = errorForAll({ httpStatus, code, message: messageOf(rejection) });
  return jsonReply(httpStatus, { reason, status, code, ...error }, retryHeaders(rejection));
}

/** OpenAI's and Anthropic's clients heed `x-should-retry` before the status. */
export function retryHeaders({ retryAfter }: Rejection): Record<string, string> {
  return retryAfter === undefined ? { 'x-should-retry': 'false' } : { 'Retry-After': String(retryAfter) };
}

export function jsonReply(
  status: number,
  body: object,
  headers: Record<string, string>,
): RefusalReply & { body: string } {
  return { status, headers: { 'Content-Type': 'application/json', ...headers }, body: JSON.stringify(body) };
}
