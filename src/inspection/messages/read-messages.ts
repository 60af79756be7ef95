/** From the bytes of a body, or of an event, to the messages in it, or to the decision about what is none. */
import { MAX_ANSWER_VALUES } from '../../body/json/check.ts';
import { type JsonDocument, parseJson } from '../../body/json/document.ts';
import { textDocument } from '../../body/text-document.ts';
import { Collector } from '../../formats/collector.ts';
import { isErrorStatus, readResource, readText } from '../../formats/read.ts';
import type { Extraction } from '../../formats/segment.ts';
import { protocolNamed, protocolOf } from '../../protocols/index.ts';
import { isTooMuch } from '../../protocols/json-rpc.ts';
import type { Exchange, ReadMessage } from '../../protocols/protocol.ts';
import { isUtf8Answer } from '../charset.ts';
import type { MessageInspector } from '../inspector.ts';
import { cannotInspect, opened } from '../open-body.ts';
import type { Decision } from '../policy/decision.ts';
import { directionOf, type Origin, type PlainMessages } from './message-body.ts';
import { openFrame } from './open-frame.ts';

export type ReadBody =
  | { ok: true; document: JsonDocument; messages: ReadMessage[]; exchange: Exchange }
  | { ok: false; decision: Decision; exchange: Exchange };

export function readMessages(inspector: MessageInspector, body: PlainMessages): ReadBody {
  const { origin } = body;
  if (origin.from === 'server' && !isUtf8Answer(origin.contentType)) {
    const decision = cannotInspect('response', inspector, 'unknown_charset');
    return { ok: false, decision, exchange: origin.exchange };
  }
  const parsed = body.frame
    ? openFrame(body.bytes, body.frame)
    : parseJson(body.bytes, origin.from === 'server' ? { left: MAX_ANSWER_VALUES } : undefined);
  if (parsed === undefined) return { ok: false, decision: NO_DATA, exchange: exchangeOf(inspector, origin) };
  if (parsed.ok) return readDocument(inspector, parsed.document, origin);
  const text = isPlainText(body, parsed.problem) ? textOf(body.bytes) : undefined;
  const exchange = exchangeOf(inspector, origin);
  if (text) return { ok: true, ...text, exchange };
  const { decision } = opened(directionOf(origin), inspector, parsed) as { decision: Decision };
  return { ok: false, decision, exchange };
}

const NO_DATA: Decision = { outcome: 'skipped', why: 'the event has no data' };

function readDocument(inspector: MessageInspector, document: JsonDocument, origin: Origin): ReadBody {
  if (isTooMuch(document.value)) return tooComplex(inspector, origin);
  const exchange = exchangeOf(inspector, origin, document.value);
  const protocol = protocolNamed(exchange.protocol);
  if (origin.from === 'client') {
    const messages = protocol.readRequest(document, origin.head);
    if (!messages) return readOther(inspector, document, origin, exchange);
    const pending = messages.flatMap(({ request }) => request ?? []);
    return { ok: true, document, messages, exchange: { ...exchange, pending } };
  }
  const beside = besideOf(document);
  if (typeof document.value === 'string' || document.value === undefined) {
    const text = messageOf('http.text', readText(document.value));
    return { ok: true, document, messages: [text, ...beside], exchange };
  }
  const messages = protocol.readAnswer(document, exchange);
  if (messages) return { ok: true, document, messages: [...messages, ...beside], exchange };
  return readOther(inspector, document, origin, exchange);
}

function tooComplex(inspector: MessageInspector, origin: Origin): ReadBody {
  const refused = opened(directionOf(origin), inspector, { ok: false, problem: 'too_complex' });
  const { decision } = refused as { decision: Decision };
  return { ok: false, decision, exchange: exchangeOf(inspector, origin) };
}

/** What stands in a frame beside its JSON. */
function besideOf({ beside }: JsonDocument): ReadMessage[] {
  if (beside === undefined) return [];
  const out = new Collector();
  out.hidden(beside);
  return [messageOf('http.text', out.extraction)];
}

/** As the specification wants it of whoever posts a message. */
function readsReply(accept = ''): boolean {
  return /json/i.test(accept) && /event-stream/i.test(accept);
}

/** Something else than messages: it is refused, unless it is an error, or answers no message either. */
function readOther(
  inspector: MessageInspector,
  document: JsonDocument,
  origin: Origin,
  exchange: Exchange,
): ReadBody {
  const isDue = origin.from === 'client' || (origin.requestHadBody && !isErrorStatus(origin.status));
  if (isDue && inspector.config.on_uninspectable === 'block') {
    return { ok: false, decision: cannotInspect(directionOf(origin), inspector, 'unknown_shape'), exchange };
  }
  const message = messageOf(`${exchange.protocol}.other`, readResource(document.value, document.beside));
  return { ok: true, document, messages: [message], exchange };
}

/** Of a request that nobody has read. */
export function unreadExchange({ config }: Pick<MessageInspector, 'config'>): Exchange {
  return { protocol: protocolOf(config.protocol, NO_HEAD, undefined).name, pending: [], readsReply: false };
}

const NO_HEAD = { method: 'GET', path: '/', headers: {} };

export function exchangeOf({ config }: MessageInspector, origin: Origin, value?: unknown): Exchange {
  if (origin.from === 'server') return origin.exchange;
  const { head } = origin;
  const { name, opening } = protocolOf(config.protocol, head, value);
  return {
    ...{ protocol: name, pending: [], readsReply: readsReply(head.headers.accept) },
    ...opening?.(head),
  };
}

/** What an error page says, or a server's plain sentence, such as `Accepted`: no client takes it for a message. */
function isPlainText({ origin, frame }: PlainMessages, problem: string): boolean {
  return origin.from === 'server' && !frame && problem === 'invalid_json' && !isCalledJson(origin);
}

function isCalledJson({ contentType }: Extract<Origin, { from: 'server' }>): boolean {
  return /json|script/i.test(contentType ?? '');
}

function textOf(bytes: Uint8Array): { document: JsonDocument; messages: ReadMessage[] } {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
  const document = textDocument(text, (changed) => Buffer.from(changed, 'utf8'));
  return { document, messages: [messageOf('http.text', readText(text))] };
}

function messageOf(name: string, found: Extraction): ReadMessage {
  return { name, event: 'input', found };
}
