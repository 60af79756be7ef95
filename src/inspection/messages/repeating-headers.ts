/** Headers that repeat what messages say: they must agree, and change with them. */
import { parseJson } from '../../body/json/document.ts';
import { valueAt } from '../../formats/placed.ts';
import { protocolNamed } from '../../protocols/index.ts';
import type { Exchange, Repeated } from '../../protocols/protocol.ts';
import type { Decision } from '../policy/decision.ts';
import { changedBody } from '../policy/decision.ts';
import { HEADERS_DISAGREE } from '../refusal/rejection.ts';
import type { Origin } from './message-body.ts';

/** @returns what repeats what, or why the request is refused */
export function readRepeated(
  { protocol }: Exchange,
  origin: Origin,
  value: unknown,
): { repeated: Repeated[] } | { refused: Decision } {
  if (origin.from === 'server') return { repeated: [] };
  const { repeatedBy } = protocolNamed(protocol);
  const repeated = repeatedBy ? repeatedBy(value, origin.head) : [];
  return repeated ? { repeated } : { refused: { outcome: 'blocked', rejection: HEADERS_DISAGREE } };
}

/** @returns the headers as they are to be sent with what the decision made of the body */
export function changedHeaders(
  { protocol }: Exchange,
  decision: Decision,
  repeated: readonly Repeated[],
): Record<string, string> | undefined {
  const body = changedBody(decision);
  const { headerValue } = protocolNamed(protocol);
  if (!body || !headerValue || repeated.length === 0) return undefined;
  const parsed = parseJson(body);
  if (!parsed.ok) throw new Error('a redacted body is no JSON');
  const { value } = parsed.document;
  return Object.fromEntries(
    repeated.map(({ name, path }) => [name, headerValue(String(valueAt(value, path)))]),
  );
}
