/**
 * JSON-RPC 2.0: the messages of a body, and the errors that answer them.
 *
 * @see https://www.jsonrpc.org/specification
 */
import type { Path } from '../body/json/edit.ts';
import { numberSource } from '../body/json/number-source.ts';
import { isObject, type JsonObject } from '../formats/segment.ts';
import type { PendingRequest, Refused, RefusedReply } from './protocol.ts';

export interface RpcMessage {
  value: JsonObject;
  /** Where it stands in the body. */
  path: Path;
  /** Of a request or a notification. */
  method?: string;
  /** In JSON, as it came; absent where there is none. */
  id?: string;
  /** What an id says that is a string or a number: some clients take `7.0` and `"7"` for an answer to `7`. */
  alike?: string;
  kind: 'request' | 'notification' | 'response';
}

/** Messages of one body: each request waits for its answer, in memory, until that has come. */
const MAX_MESSAGES = 1_000;
/** UTF-16 code units of an id, which is kept until the answer has come, and repeated in refusals. */
const MAX_ID = 1_000;
/** The same of one that is neither a string nor a number, which no client sends. */
const MAX_ODD_ID = 100;

/** @returns whether a body has more messages, or a longer id, than are kept */
export function isTooMuch(value: unknown): boolean {
  if (Array.isArray(value) && value.length > MAX_MESSAGES) return isObject(value[0]) && 'jsonrpc' in value[0];
  return messagesIn(value)?.some(hasLongId) ?? false;
}

function hasLongId({ id = '', alike }: RpcMessage): boolean {
  return id.length > (alike === undefined ? MAX_ODD_ID : MAX_ID);
}

/** @returns the message of a body, or those of a batch; undefined where something else is among them */
export function messagesIn(value: unknown): RpcMessage[] | undefined {
  if (!Array.isArray(value)) {
    const message = messageAt(value, value, []);
    return message && [message];
  }
  const messages = value.flatMap((item, index) => messageAt(value, item, [index]) ?? []);
  return messages.length === value.length && messages.length > 0 ? messages : undefined;
}

/** What has a method is a request, whatever stands beside it: all of it is read. */
function messageAt(root: unknown, value: unknown, path: Path): RpcMessage | undefined {
  if (!isObject(value) || value.jsonrpc !== '2.0') return undefined;
  const { method } = value;
  const known = { value, path, ...idAt(root, value, path) };
  const { id } = known;
  if (typeof method === 'string')
    return { ...known, method, kind: id === undefined ? 'notification' : 'request' };
  return 'result' in value || 'error' in value ? { ...known, kind: 'response' } : undefined;
}

/** The specification knows strings, numbers and null; whatever else a client takes for an id comes back as it was. */
function idAt(root: unknown, { id }: JsonObject, path: Path): Pick<RpcMessage, 'id' | 'alike'> {
  if (id === undefined) return {};
  const written = typeof id === 'number' ? numberSource(root, [...path, 'id']) : undefined;
  const known = { id: written ?? JSON.stringify(id) };
  return typeof id === 'number' || typeof id === 'string' ? { ...known, alike: String(id) } : known;
}

/** A tool's result that says what its caller is to know. */
export type ToldResult = (message: string, request: PendingRequest) => object | undefined;

/**
 * One error for each request; several of a batch in a list, as a batch is answered.
 *
 * @param told the result in whose words a block can be told
 */
export function rpcRefusal(
  refused: Refused,
  pending: readonly PendingRequest[],
  told: ToldResult = () => undefined,
): RefusedReply {
  const [first, ...others] = pending;
  if (!first) return { status: refused.httpStatus, body: errorOf(refused, 'null') };
  const answers = pending.map((request) => answerOf(refused, request, told));
  const body = others.length === 0 ? (answers[0] ?? '') : `[${answers.join(',')}]`;
  const isAnswer = refused.isTold && pending.every((request) => told('', request) !== undefined);
  return { status: isAnswer ? 200 : refused.answerStatus, body };
}

function answerOf(refused: Refused, request: PendingRequest, told: ToldResult): string {
  const result = refused.isTold ? told(refused.message, request) : undefined;
  if (!result) return errorOf(refused, request.id);
  return `{"jsonrpc":"2.0","id":${request.id},"result":${JSON.stringify(result)}}`;
}

function errorOf({ errorCode, message, data }: Refused, id: string): string {
  const error = { code: errorCode, message, ...(data ? { data } : {}) };
  return `{"jsonrpc":"2.0","id":${id},"error":${JSON.stringify(error)}}`;
}
