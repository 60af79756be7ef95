/**
 * Event streams: each event is inspected as it comes, and leaves when its verdict is there, in the order of the stream. A
 * stream may have no end, so what was sent is forgotten.
 *
 * An event that is refused does not leave. What it answers is answered with the refusal in its place; a request of the
 * server's is answered with an error in the client's place. Other events are left out.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { BODY_HEADERS } from '../../body/body-headers.ts';
import { FrameSplitter } from '../../body/stream/frame-splitter.ts';
import { SSE } from '../../body/stream/sse.ts';
import { isRevoked } from '../../fair-share/revocation.ts';
import { callerKey } from '../../inspection/caller-key.ts';
import type { InspectionRequest } from '../../inspection/inspector.ts';
import type { InspectedMessages } from '../../inspection/messages/message-body.ts';
import { isEndpoint } from '../../inspection/messages/open-frame.ts';
import { messageReply, replyToServer } from '../../inspection/messages/refuse-messages.ts';
import { changedBody, type Decision, isRefusal, type Refusal } from '../../inspection/policy/decision.ts';
import { noRoom, roomLost } from '../../inspection/policy/no-room.ts';
import { asReplied } from '../../inspection/refusal/refusal-reply.ts';
import { type Rejection, uninspectable } from '../../inspection/refusal/rejection.ts';
import { addStats, emptyStats } from '../../inspection/report/inspection-stats.ts';
import { protocolNamed } from '../../protocols/index.ts';
import type { PendingRequest } from '../../protocols/protocol.ts';
import { inspectMessages } from '../../workers/inspect.ts';
import { auditBeside } from '../audit-beside.ts';
import { ByteReservation } from '../byte-reservation.ts';
import { forward } from '../forward-rest.ts';
import { endToEnd, headerOf } from '../headers.ts';
import { BROKEN_OFF } from '../relayed.ts';
import { withSpan } from '../spanned-reports.ts';
import { callUpstream } from '../upstream.ts';
import { ContinuedTexts } from './continued-texts.ts';
import type { Answered } from './serve-messages.ts';
import type { ExchangeUnderWay } from './under-way.ts';

export function serveEvents(underWay: ExchangeUnderWay, answered: Answered): Promise<InspectedMessages> {
  return new EventStream(underWay, answered).serve();
}

export function auditEvents(underWay: ExchangeUnderWay, answered: Answered): Promise<void> {
  return new EventStream(underWay, answered).serveAudited();
}

/** What a server wants whoever posts a message to take. */
const TAKES = ['application/json', 'text/event-stream'].join(', ');

/** Events of one stream that are inspected at the same time. */
const AT_ONCE = 8;

/** A frame with its place in the stream. */
interface Frame {
  bytes: Uint8Array;
  position: { isFirst: boolean; breaksOff: boolean };
}

class EventStream {
  readonly #underWay: ExchangeUnderWay;
  readonly #answered: Answered;
  readonly #frames: FrameSplitter;
  readonly #continued: ContinuedTexts;
  readonly #stats = { ...emptyStats(), streamed: true, live: true };
  /** The requests whose answers have not come yet. */
  #pending: readonly PendingRequest[];
  /** Where the client of HTTP+SSE posts to. */
  #endpoint: string | undefined;
  #count = 0;
  #wasRedacted = false;
  /** Why nothing more is sent. */
  #ending: Refusal | undefined;

  constructor(underWay: ExchangeUnderWay, answered: Answered) {
    this.#underWay = underWay;
    this.#answered = answered;
    this.#pending = answered.exchange.pending;
    this.#continued = new ContinuedTexts(answered.exchange.protocol, underWay.admitted.inspector);
    // A larger frame than a body may be.
    this.#frames = new FrameSplitter(SSE.frameEnds(), underWay.admitted.inspector.config.max_body_size);
  }

  async serve(): Promise<InspectedMessages> {
    const { answer } = this.#answered;
    const { client, abort, admitted, caller } = this.#underWay;
    const headers = endToEnd(answer.headers, ['content-length', 'etag', 'content-md5', 'digest']);
    // Tells nginx in Kong to pass each event on as it comes.
    client.hold({ status: answer.status, headers: [...headers, 'X-Accel-Buffering', 'no'] });
    client.open();
    const { inspector } = admitted;
    const max = 2 * inspector.config.max_body_size;
    const held = new ByteReservation(callerKey(caller, inspector.id), max, () => this.#underWay.giveUp());
    try {
      for await (const chunk of answer.body) {
        this.#stats.bytes += chunk.length;
        if (held.take(chunk.length)) this.#end(noRoom('response'));
        else await this.#pass([...this.#frames.split(chunk)].map((bytes) => this.#frame(bytes, false)));
        if (this.#frames.problem)
          this.#end(blocked(uninspectable('response', inspector.config, 'too_large')));
        if (this.#ending) break;
        held.release();
        held.take(this.#frames.end().bytes.length);
        await client.drained(abort.signal);
      }
      if (!this.#ending) await this.#passRest();
    } catch {
      if (isRevoked(abort.signal)) this.#end(roomLost('response'));
      if (!this.#ending) {
        if (!abort.signal.aborted) client.cut();
        return this.#ended(BROKEN_OFF);
      }
    } finally {
      held.release();
    }
    if (!this.#ending) {
      client.end();
      return this.#ended(this.#wasRedacted ? { outcome: 'redacted', body: NOTHING } : { outcome: 'allowed' });
    }
    abort.abort();
    const { rejection } = this.#ending;
    client.end(this.#pending.length > 0 ? this.#errorEvent(rejection, this.#pending) : NOTHING);
    return this.#ended(asReplied(this.#ending, admitted.inspector.config.error_status));
  }

  /** What nothing ends is no event to any reader, but for what it says to those who read on. */
  async #passRest(): Promise<void> {
    const { bytes, isWhole } = this.#frames.end();
    if (bytes.length > 0) await this.#pass([this.#frame(bytes, !isWhole)]);
  }

  #frame(bytes: Uint8Array, breaksOff: boolean): Frame {
    this.#count += 1;
    return { bytes, position: { isFirst: this.#count === 1, breaksOff } };
  }

  /** All of them are inspected at once, and leave in their order. */
  async #pass(frames: readonly Frame[]): Promise<void> {
    const rest = restsOfLoop();
    for (let at = 0; at < frames.length && !this.#ending; at += AT_ONCE) {
      await rest();
      const some = frames.slice(at, at + AT_ONCE);
      const inspected = some.map((frame) => this.#inspect(frame));
      // None is left unhandled when one before it throws.
      for (const each of inspected) each.catch(() => undefined);
      for (const [index, frame] of some.entries()) {
        const result = await inspected[index];
        if (result && !this.#ending) await this.#release(frame, result);
      }
    }
  }

  /** Under `audit` nothing waits, and nothing is refused: each event is inspected beside the stream. */
  async serveAudited(): Promise<void> {
    const { answer } = this.#answered;
    const { client, abort, admitted, caller } = this.#underWay;
    const { inspector, reports } = admitted;
    client.hold({ status: answer.status, headers: endToEnd(answer.headers) });
    client.open();
    await forward({ client, chunks: answer.body, abort }, async (chunk) => {
      const rest = restsOfLoop();
      for (const bytes of this.#frames.split(chunk)) {
        await rest();
        const frame = this.#frame(Buffer.from(bytes), false);
        const spanned = withSpan('response', reports.response, caller);
        auditBeside(spanned.reports, {
          ...{ caller: callerKey(caller, inspector.id), bytes: bytes.length },
          inspect: (signal) => this.#inspect(frame, { signal, caller: spanned.caller }),
        });
      }
    }).catch(() => client.cut());
  }

  async #inspect({ bytes, position }: Frame, request = this.#request): Promise<InspectedMessages> {
    const { inspector } = this.#underWay.admitted;
    const { answer, exchange: whole, requestHadBody } = this.#answered;
    const caller = callerKey(request.caller, inspector.id);
    const continued = await this.#continued.next({ bytes, position, caller, signal: request.signal });
    if (!continued.ok)
      return { decision: continued.decision, stats: emptyStats(bytes.length), exchange: whole };
    const { preceding } = continued;
    const exchange = preceding ? { ...whole, preceding } : whole;
    const origin = {
      ...({ from: 'server', exchange, requestHadBody, status: answer.status } as const),
      contentType: headerOf(answer.headers, 'content-type'),
    };
    const frame = { bytes, encoding: undefined, origin, frame: position };
    return inspectMessages(inspector, frame, request);
  }

  get #request(): InspectionRequest {
    const { caller, abort } = this.#underWay;
    return { caller, signal: abort.signal };
  }

  async #release({ bytes, position }: Frame, inspected: InspectedMessages): Promise<void> {
    const { decision, answers = [] } = inspected;
    addStats(inspected.stats, this.#stats);
    if (isRefusal(decision)) {
      await this.#refuse(inspected, decision);
      return;
    }
    // Cut off in the middle of its JSON, it was read by nobody here, and says nothing to whoever reads events.
    if (position.breaksOff && decision.outcome === 'skipped') return;
    if (!this.#isOneAnswer) this.#pending = without(this.#pending, answers);
    const changed = changedBody(decision);
    this.#wasRedacted ||= changed !== undefined;
    if (position.isFirst) this.#endpoint = endpointIn(bytes);
    this.#underWay.client.write([changed ?? bytes]);
  }

  async #refuse(inspected: InspectedMessages, decision: Refusal): Promise<void> {
    const { client, admitted } = this.#underWay;
    const { answers = [], asks = [], isRead = false } = inspected;
    if (this.#isOneAnswer) {
      this.#end(decision);
      return;
    }
    const asked = new Map(this.#pending.map((one) => [one.id, one]));
    const answered = answers.map((id) => asked.get(id) ?? { id, method: '' });
    this.#pending = without(this.#pending, answers);
    const isAnswered = asks.length === 0 || (await this.#answerServer(asks));
    // What nobody can read may be anything, and a server that waits in vain does not go on.
    if (!isRead || (!isAnswered && this.#pending.length > 0)) {
      this.#pending = [...answered, ...this.#pending];
      this.#end(decision);
      return;
    }
    admitted.reports.response.report({ ...inspected, decision }, inspected.stats.aidrMs);
    if (answered.length > 0) client.write([this.#errorEvent(decision.rejection, answered)]);
  }

  /** @returns whether the server took the answer */
  async #answerServer(asked: readonly PendingRequest[]): Promise<boolean> {
    const { admitted, request, abort } = this.#underWay;
    // It takes nothing without a ticket, and the one there was is spent; what answers in its place may be anything.
    if (admitted.upstream.internalRoute !== undefined) return false;
    const { protocol } = this.#answered.exchange;
    const body = Buffer.from(replyToServer(admitted.inspector, protocol, asked));
    const url = this.#endpoint ?? request.url ?? '/';
    const types = ['Content-Type', 'application/json', 'Accept', TAKES];
    const headers = [
      ...endToEnd(request.rawHeaders, ['content-type', 'accept', 'last-event-id', ...BODY_HEADERS]),
      ...types,
    ];
    const called = await callUpstream(
      admitted.upstream,
      { method: 'POST', url, headers, body },
      abort.signal,
    );
    if (!called.ok) return false;
    for await (const _ of called.answer.body);
    return called.answer.status < 300;
  }

  #end(decision: Decision): void {
    if (isRefusal(decision)) this.#ending ??= decision;
  }

  #errorEvent(rejection: Rejection, pending: readonly PendingRequest[]): Uint8Array {
    const { inspector } = this.#underWay.admitted;
    const { exchange } = this.#answered;
    const { body, event } = messageReply(inspector, rejection, { ...exchange, pending, readsReply: true });
    return Buffer.from(`${event === undefined ? '' : `event: ${event}\n`}data: ${body}\n\n`);
  }

  get #isOneAnswer(): boolean {
    return protocolNamed(this.#answered.exchange.protocol).streamsAnswers === true;
  }

  #ended(decision: InspectedMessages['decision']): InspectedMessages {
    return { decision, stats: this.#stats, exchange: this.#answered.exchange };
  }
}

const NOTHING = new Uint8Array();

/** There may be many of both. */
function without(pending: readonly PendingRequest[], answers: readonly string[]): readonly PendingRequest[] {
  const ids = new Set(answers);
  return pending.filter(({ id }) => !ids.has(id));
}

/** Milliseconds for which the events of one chunk, of which there may be thousands, keep others waiting. */
const TURN_MS = 5;

/** @returns what lets others have their turn, when it is called after so long */
function restsOfLoop(): () => Promise<void> {
  let began = performance.now();
  return async () => {
    if (performance.now() - began < TURN_MS) return;
    await nextTurn();
    began = performance.now();
  };
}

/** Bytes of such an event. */
const MAX_ENDPOINT = 65_536;

/** The address in the first event of HTTP+SSE, to which its client posts. */
function endpointIn(frame: Uint8Array): string | undefined {
  if (frame.length > MAX_ENDPOINT) return undefined;
  const text = Buffer.from(frame).toString('utf8');
  if (!isEndpoint(text)) return undefined;
  const address = /^data: ?(\S+)/m.exec(text)?.[1];
  if (address === undefined || !URL.canParse(address, 'http://server')) return undefined;
  const { pathname, search } = new URL(address, 'http://server');
  return pathname + search;
}

function blocked(rejection: Rejection): Refusal {
  return { outcome: 'blocked', rejection };
}
