/**
 * Asks AIDR, once for each call as its callers see it: retries, a renewed key, and polling are this file's business,
 * all of it within the inspection's deadline.
 */
import { circuitOf } from './circuit.ts';
import type { CollectorKey, Vault } from './collector-key.ts';
import { inSlot, OVERLOADED } from './connection-slots.ts';
import { type Deadline, within } from './deadline.ts';
import { type AidrEndpoint, guardUrl, pollUrl, unredactUrl } from './endpoint.ts';
import type { Failure } from './failure.ts';
import { isPending, pollUntilDone } from './poll.ts';
import type { GuardRequest } from './request.ts';
import { withRetries } from './retry.ts';
import { failed, type HttpCall, type Sent, send } from './transport.ts';
import { readUnredacted } from './unredact.ts';
import { acceptedCall, type Inspected, isDeliveredBlock, readVerdict } from './verdict.ts';

/** AIDR takes one mebibyte a request, the whole JSON body after encoding. */
export const MAX_REQUEST_BYTES = 1_048_576;

/** How much of an inspection's time a look at the vault may take: most likely the key is as good as it was. */
const REFRESH_SHARE = 0.5;

/** What one inspection brings to all of its calls. */
export interface Session {
  deadline: Deadline;
  /** Absent outside a phase. */
  vault?: Vault;
  /** HTTP exchanges so far, retries and polls included. */
  attempts: number;
  /** One of them had to wait for a connection: AIDR had only what that left of the time. */
  hadToWait?: true;
}

export type Unredacted = { ok: true; data: unknown } | { ok: false; failure: Failure };

export class AidrClient {
  readonly #endpoint: AidrEndpoint;
  readonly #key: CollectorKey;

  constructor(endpoint: AidrEndpoint, key: CollectorKey) {
    this.#endpoint = endpoint;
    this.#key = key;
  }

  /** Once an inspection, before its calls: follows the key where it has moved. */
  async refreshKey({ vault, deadline }: Session): Promise<void> {
    if (vault) await within(deadline.remaining * REFRESH_SHARE, this.#key.refresh(vault));
  }

  /** For inspections that have no vault: looks where the key has moved when it is time to, or when it was refused. */
  async followKey(vault: Vault): Promise<void> {
    await this.#key.refresh(vault);
  }

  async guard(request: GuardRequest, session: Session): Promise<Inspected> {
    const sent = await this.#post(guardUrl(this.#endpoint), request, session);
    return sent.ok ? readVerdict(sent.reply) : sent;
  }

  /**
   * @param data any JSON
   * @param fpeContext of the verdict that encrypted what stands in it
   * @returns the same shape, decrypted
   */
  async unredact(data: unknown, fpeContext: string, session: Session): Promise<Unredacted> {
    const call = { redacted_data: data, fpe_context: fpeContext };
    const sent = await this.#post(unredactUrl(this.#endpoint), call, session);
    return sent.ok ? readUnredacted(sent.reply) : sent;
  }

  async #post(url: string, json: unknown, session: Session): Promise<Sent> {
    const body = Buffer.from(JSON.stringify(json), 'utf8');
    if (body.length > MAX_REQUEST_BYTES) return TOO_LARGE;
    const post = { method: 'POST', url, body } as const;
    const sent = await this.#withKey(session, () =>
      withRetries(session.deadline, () => this.#exchange(post, session)),
    );
    const last = isPending(sent) ? await this.#poll(sent, session) : sent;
    if (isMissing(last) && session.deadline.wasStalled) return STALLED;
    return isTimeout(last) && session.hadToWait ? OVERLOADED : last;
  }

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

  async #poll(sent: Sent, session: Session): Promise<Sent> {
    const { location, requestId } = sent.ok ? acceptedCall(sent.reply.body) : {};
    const url = pollUrl(this.#endpoint, location, requestId);
    if (url === undefined)
      return failed('invalid_response', 'AIDR accepted the call but named no place to ask');
    const poll = () => this.#exchange({ method: 'GET', url }, session);
    return this.#withKey(session, () => pollUntilDone(session.deadline, poll));
  }

  #exchange(call: Pick<HttpCall, 'method' | 'url' | 'body'>, session: Session): Promise<Sent> {
    const { origin, baseUrl, verifyTls } = this.#endpoint;
    const { signal } = session.deadline;
    if (signal.aborted) return Promise.resolve(NO_TIME);
    return circuitOf(baseUrl, this.#key.id).run(() => {
      let hasSlot = false;
      const sent = inSlot(origin, signal, () => {
        hasSlot = true;
        session.attempts += 1;
        return send({ ...call, key: this.#key.value, verifyTls }, signal);
      });
      if (!hasSlot) session.hadToWait = true;
      return sent;
    });
  }
}

const TOO_LARGE = failed(
  'payload_too_large',
  `a call would need more than AIDR's ${MAX_REQUEST_BYTES} bytes`,
);
const NO_TIME = failed('timeout', 'AIDR gave no answer within the configured timeout');
const STALLED = failed('overloaded', "this process was too busy to look at AIDR's answers in time");

function isMissing(sent: Sent): boolean {
  return isTimeout(sent) || (!sent.ok && sent.failure.class === 'unreachable');
}

function isTimeout(sent: Sent): boolean {
  return !sent.ok && sent.failure.class === 'timeout';
}

function isRefusedKey(sent: Sent): boolean {
  return sent.ok && sent.reply.status === 401 && !isDeliveredBlock(sent.reply.body);
}
