/**
 * Asks AIDR, once for each call as its callers see it: retries, a renewed key, and polling are this file's business,
 * all of it within the inspection's deadline.
 */
import { attributeFailure, isAmbiguous } from './attribute-failure.ts';
import { endCallSpan, startCallSpan } from './call-span.ts';
import { circuitOf, isOutage } from './circuit.ts';
import { ClientChannel, type Session } from './client-channel.ts';
import type { CollectorKey, Vault } from './collector-key.ts';
import { inSlot, OVERLOADED } from './connection-slots.ts';
import { Deadline, within } from './deadline.ts';
import { type AidrEndpoint, guardUrl, pollUrl, unredactUrl } from './endpoint.ts';
import { type Failure, failed } from './failure.ts';
import { HEALTH_PROBE_LIMIT, HEALTH_PROBE_REQUEST } from './health-probe.ts';
import { isPending, pollUntilDone } from './poll.ts';
import { fieldsRefusedBy, refusedFields, withoutFields } from './refused-fields.ts';
import { type GuardCall, guardJson, MAX_REQUEST_BYTES } from './request.ts';
import { withRetries } from './retry.ts';
import type { Aidr, AidrCall, SessionTerms, VerdictReader } from './session.ts';
import { type HttpCall, NO_TIME, type Sent, send } from './transport.ts';
import { acceptedCall, type Inspected, isDeliveredBlock, readVerdict } from './verdict.ts';

/** How much of an inspection's time a look at the vault may take: most likely the key is as good as it was. */
const REFRESH_SHARE = 0.5;

export class AidrClient implements Aidr {
  readonly endpoint: AidrEndpoint;
  readonly #key: CollectorKey;
  readonly readVerdict: VerdictReader;
  readonly #onRefused: (fields: readonly string[]) => void;

  /** @param onRefused hears once in a process which fields this AIDR does not know */
  constructor(
    endpoint: AidrEndpoint,
    key: CollectorKey,
    read: VerdictReader = readVerdict,
    onRefused: (fields: readonly string[]) => void = () => undefined,
  ) {
    this.endpoint = endpoint;
    this.#key = key;
    this.readVerdict = read;
    this.#onRefused = onRefused;
  }

  openChannel(terms: SessionTerms): ClientChannel {
    return new ClientChannel(this, terms);
  }

  /** Once an inspection, before its calls: follows the key where it has moved. */
  async refreshKey({ vault, deadline }: Session): Promise<void> {
    if (vault) await within(deadline.remaining * REFRESH_SHARE, this.#key.refresh(vault));
  }

  /** For inspections that have no vault: looks where the key has moved when it is time to, or when it was refused. */
  async followKey(vault: Vault): Promise<void> {
    await this.#key.refresh(vault);
  }

  async send(call: AidrCall, session: Session): Promise<Sent> {
    if (call.kind === 'guard') return this.#sendGuard(call, session);
    return this.#post(unredactUrl(this.endpoint), call.json, session);
  }

  /** Asks again without the fields that this AIDR does not know: each time there are fewer. */
  async #sendGuard({ metadata: all, input }: GuardCall, session: Session): Promise<Sent> {
    const url = guardUrl(this.endpoint);
    const unknown = refusedFields(this.endpoint);
    for (;;) {
      const metadata = withoutFields(all, unknown.all);
      const sent = await this.#post(url, guardJson({ metadata, input }), session);
      const refused = sent.ok ? fieldsRefusedBy(sent.reply, metadata) : [];
      if (refused.length === 0) return sent;
      const news = unknown.add(refused);
      if (news.length > 0) this.#onRefused(news);
    }
  }

  async #post(url: string, json: string, session: Session): Promise<Sent> {
    const body = Buffer.from(json, 'utf8');
    if (body.length > MAX_REQUEST_BYTES) return TOO_LARGE;
    const span = startCallSpan(session.traceparent);
    const sent = await this.#ask(
      { url, body, traceparent: span?.traceparent ?? session.traceparent },
      session,
    );
    if (span) endCallSpan(span, url, body.length, sent);
    return sent;
  }

  async #ask(call: OneCall, session: Session): Promise<Sent> {
    if (!(await this.#circuit.admits(this.#sendHealthProbe, session.deadline.remaining))) return OPEN;
    const sent = await this.#doubtingWhenSlow(session, () => this.#deliver(call, session));
    const failure = failureIn(sent);
    if (failure && isAmbiguous(failure)) return this.#inDoubt(sent, failure, session);
    this.#circuit.count(failure);
    return sent;
  }

  get #circuit() {
    return circuitOf(this.endpoint, this.#key.id);
  }

  async #deliver(call: OneCall, session: Session): Promise<Sent> {
    const post = { method: 'POST', ...call } as const;
    const attempt = async () => (this.#circuit.isClosed ? this.#exchange(post, session) : OPEN);
    const sent = await this.#withKey(session, () => withRetries(session.deadline, attempt));
    return this.#finished(sent, session, call.traceparent);
  }

  async #finished(sent: Sent, session: Session, traceparent?: string): Promise<Sent> {
    const last = isPending(sent) ? await this.#poll(sent, session, traceparent) : sent;
    if (isMissing(last) && session.deadline.wasStalled) return STALLED;
    return isTimeout(last) && session.hadToWait ? OVERLOADED : last;
  }

  /** After a timeout it is too late for the health probe. */
  async #doubtingWhenSlow(session: Session, deliver: () => Promise<Sent>): Promise<Sent> {
    if (!session.mayFailOpen) return deliver();
    const doubt = () => {
      session.probe ??= this.#sendHealthProbe();
    };
    const timer = setTimeout(doubt, session.deadline.untilSlow);
    try {
      return await deliver();
    } finally {
      clearTimeout(timer);
    }
  }

  /** Nobody waits for the health probe where it would only count. */
  async #inDoubt(sent: Sent, failure: Failure, session: Session): Promise<Sent> {
    const circuit = this.#circuit;
    if (isOutage(failure)) {
      void this.#sendHealthProbe().then((probe) => circuit.count(probe.ok ? undefined : probe.failure));
    }
    const { deadline, mayFailOpen } = session;
    if (!mayFailOpen) return sent;
    if (!deadline.signal.aborted) session.probe ??= this.#sendHealthProbe();
    const probe = session.probe && (await within(Math.max(deadline.remaining, 0), session.probe));
    const reason = attributeFailure(failure, probe);
    return reason === failure ? sent : { ok: false, failure: reason };
  }

  /** The answer of a moment ago, if there is one. */
  readonly #sendHealthProbe = (): Promise<Inspected> =>
    this.#circuit.probe.ask(async () => {
      const deadline = new Deadline(HEALTH_PROBE_LIMIT);
      const session: Session = { deadline, caller: 'health probe', attempts: 0, isProbe: true };
      const body = Buffer.from(JSON.stringify(HEALTH_PROBE_REQUEST), 'utf8');
      try {
        const sent = await this.#exchange({ method: 'POST', url: guardUrl(this.endpoint), body }, session);
        const last = await this.#finished(sent, session);
        return last.ok ? readVerdict(last.reply) : last;
      } finally {
        deadline.end();
      }
    });

  /** Asks again when the key was refused and there is another one. */
  async #withKey(session: Session, ask: () => Promise<Sent>): Promise<Sent> {
    const key = this.#key.value;
    const sent = await ask();
    return isRefusedKey(sent) && (await this.#renewKey(key, session)) ? ask() : sent;
  }

  async #renewKey(refused: string, { vault, deadline }: Session): Promise<boolean> {
    if (vault) return (await within(deadline.remaining, this.#key.renew(refused, vault))) ?? false;
    this.#key.suspect();
    return this.#key.value !== refused;
  }

  async #poll(sent: Sent, session: Session, traceparent: string | undefined): Promise<Sent> {
    const { location, requestId } = sent.ok ? acceptedCall(sent.reply.body) : {};
    const url = pollUrl(this.endpoint, location, requestId);
    if (url === undefined)
      return failed('invalid_response', 'AIDR accepted the call but gave no location to poll');
    const poll = () => this.#exchange({ method: 'GET', url, traceparent }, session);
    return this.#withKey(session, () => pollUntilDone(session.deadline, poll));
  }

  #exchange(
    call: Pick<HttpCall, 'method' | 'url' | 'body' | 'traceparent'>,
    session: Session,
  ): Promise<Sent> {
    const { origin, verifyTls, identity } = this.endpoint;
    const { deadline, caller, isProbe = false } = session;
    const { signal } = deadline;
    if (signal.aborted) return Promise.resolve(NO_TIME);
    const exchange = () => {
      session.attempts += 1;
      return send({ ...call, key: this.#key.value, verifyTls, identity, hasOwnConnection: isProbe }, signal);
    };
    if (isProbe) return exchange();
    let hasSlot = false;
    const sent = inSlot(origin, caller, signal, () => {
      hasSlot = true;
      return exchange();
    });
    if (!hasSlot) session.hadToWait = true;
    return sent;
  }
}

interface OneCall {
  url: string;
  body: Uint8Array;
  /** The span of the call, or of its parent. */
  traceparent: string | undefined;
}

const TOO_LARGE = failed(
  'payload_too_large',
  `a call would be larger than AIDR's limit of ${MAX_REQUEST_BYTES} bytes`,
);
const OPEN = failed('circuit_open', 'AIDR failed a moment ago and is not called now');
const STALLED = failed('overloaded', "this process was too busy to read AIDR's answers in time");

function isMissing(sent: Sent): boolean {
  return isTimeout(sent) || (!sent.ok && sent.failure.class === 'unreachable');
}

function isTimeout(sent: Sent): boolean {
  return !sent.ok && sent.failure.class === 'timeout';
}

function isRefusedKey(sent: Sent): boolean {
  return sent.ok && sent.reply.status === 401 && !isDeliveredBlock(sent.reply.body);
}

/** A block that came with an error status is a verdict all the same: whoever provokes them must not open the circuit. */
function failureIn(sent: Sent): Failure | undefined {
  if (!sent.ok) return sent.failure;
  if (sent.reply.status === 200) return undefined;
  const inspected = readVerdict(sent.reply);
  return inspected.ok ? undefined : inspected.failure;
}
