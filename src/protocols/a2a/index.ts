/**
 * Agent to agent (A2A), 0.3 and 1.0: JSON-RPC, and HTTP+JSON.
 *
 * @see https://a2a-protocol.org/v1.0.0/specification/
 */
import type { JsonDocument } from '../../body/json/document.ts';
import type { Path } from '../../body/json/edit.ts';
import { isAtOrBelow } from '../../body/json/path-map.ts';
import { Collector } from '../../formats/collector.ts';
import { type Extraction, isObject } from '../../formats/segment.ts';
import { messagesIn, type RpcMessage } from '../json-rpc.ts';
import { METHODS } from '../mcp/methods.ts';
import { headerValue, repeatedBy } from '../mcp/repeated.ts';
import type { Exchange, PendingRequest, Preceding, Protocol, ReadMessage, RequestHead } from '../protocol.ts';
import { pieceIn } from './artifact-pieces.ts';
import { bindingOf, isVerb, versionIn } from './binding.ts';
import { isCard } from './card.ts';
import { METHOD_NAMES, methodOfPath, nameOfMethod, SHARED_METHODS } from './methods.ts';
import { nameOfAnswer } from './names.ts';
import { readBody } from './read.ts';
import { refuse } from './refusal.ts';
import { ANY_BODY } from './shapes.ts';

export const A2A: Protocol = {
  name: 'a2a',
  recognises,
  streamsAnswers: true,
  pieceIn,
  opening,
  readRequest,
  readAnswer,
  refusal: refuse,
  // No client sends them, and who does may mean a server of MCP.
  repeatedBy: (value, { headers }) => repeatedBy(value, headers),
  headerValue,
};

const MCP_METHODS: ReadonlySet<string> = new Set(METHODS);

const OWN_METHODS: ReadonlySet<string> = new Set(METHOD_NAMES);

/** A header costs its sender nothing: it says which protocol is spoken only where nothing else does. */
function recognises(head: RequestHead, value: unknown): boolean {
  const messages = messagesIn(value) ?? [];
  const names = messages.map(({ method = '' }) => method).filter((name) => !SHARED_METHODS.has(name));
  if (names.some((name) => MCP_METHODS.has(name))) return false;
  if (names.some((name) => OWN_METHODS.has(name))) return true;
  if (messages.length === 0 && isHttpJson(head, value)) return true;
  if (head.headers['mcp-protocol-version'] !== undefined || head.headers['mcp-method'] !== undefined)
    return false;
  if (versionIn(head.headers) !== undefined || bindingOf(head) !== undefined) return true;
  return messages.some(isOwnTask);
}

/** A server of MCP may stand at such a path as well; it takes neither other bodies than messages, nor verbs in its path. */
function isHttpJson(head: RequestHead, value: unknown): boolean {
  return bindingOf(head) !== undefined && (isObject(value) || isVerb(head));
}

/** The methods of these names have other parameters in MCP. */
function isOwnTask({ method = '', value: { params } }: RpcMessage): boolean {
  return SHARED_METHODS.has(method) && isObject(params) && 'id' in params && !('taskId' in params);
}

/** Every client reads its reply, and a request in HTTP+JSON needs no body. */
function opening(head: RequestHead): Partial<Omit<Exchange, 'protocol'>> {
  const binding = bindingOf(head);
  return { readsReply: true, ...(binding === undefined ? {} : { binding, pending: [requestOf(head)] }) };
}

/** Nothing but its path says what it is, and it has no id. */
function requestOf(head: RequestHead): PendingRequest {
  return { id: 'null', method: methodOfPath(head) ?? '' };
}

function readRequest(document: JsonDocument, head: RequestHead): ReadMessage[] | undefined {
  if (bindingOf(head) !== undefined) {
    const request = requestOf(head);
    const found = read(document, document.value, [], 'user');
    return [{ name: nameOfMethod(request.method), event: 'input', found, request }];
  }
  return messagesIn(document.value)?.map(({ value, path, method = '', kind, id }) => ({
    name: nameOfMethod(method),
    event: 'input',
    found: read(document, value, path, 'user'),
    ...(kind === 'request' && id !== undefined ? { request: { id, method } } : {}),
    ...(kind === 'response' && id !== undefined ? { answers: id } : {}),
  }));
}

function readAnswer(document: JsonDocument, exchange: Exchange): ReadMessage[] | undefined {
  const messages = readMessages(document, exchange);
  if (exchange.preceding) readOn(messages ?? [], exchange.preceding);
  return messages;
}

/** The first text of a piece is read on from the piece before. */
function readOn(messages: readonly ReadMessage[], { text, path }: Preceding): void {
  const first = messages
    .flatMap(({ found }) => found.segments)
    .find(({ kind, pieces: [piece] }) => kind === 'text' && piece && isAtOrBelow(piece.path, path));
  if (first) first.before = text;
}

function readMessages(document: JsonDocument, { binding, pending }: Exchange): ReadMessage[] | undefined {
  if (binding !== undefined) {
    const [request] = pending;
    return readResult(document, { value: document.value, path: [], ...(request ? { id: request.id } : {}) });
  }
  return messagesIn(document.value)?.flatMap((message) => readResult(document, message));
}

/**
 * What the user said comes back in the history of a task. Everything else is the agent's, and whoever asked it goes on with
 * it as with the result of a tool: AIDR looks for injections there, which it does not do in what a model says to people.
 */
function readResult(
  document: JsonDocument,
  { value, path, id }: Pick<RpcMessage, 'path' | 'id'> & { value: unknown },
): ReadMessage[] {
  const result = isObject(value) && 'result' in value ? value.result : value;
  const isOwnCard = isCard(result);
  const found = read(document, value, path, isOwnCard ? 'system' : 'tool');
  const name = nameOfAnswer(value);
  const answers = id === undefined ? {} : { answers: id };
  if (isOwnCard) return [{ name, event: 'input', found, ...answers }];
  const asked = found.segments.filter((segment) => segment.role === 'user');
  const said = found.segments.filter((segment) => segment.role !== 'user');
  const own: ReadMessage = { name, event: 'tool_output', found: { ...found, segments: said }, ...answers };
  return asked.length === 0 ? [own] : [own, { name, event: 'input', found: onlyTexts(asked) }];
}

function onlyTexts(segments: Extraction['segments']): Extraction {
  return { segments, tools: [], opaque: 0, unreadable: 0, isTooMuch: false };
}

function read(
  document: JsonDocument,
  value: unknown,
  path: Path,
  role: 'user' | 'tool' | 'system',
): Extraction {
  const out = new Collector({ ...document.left });
  readBody(value, path, role, out);
  out.account(role, value, ANY_BODY, path);
  return out.extraction;
}
