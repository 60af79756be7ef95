/** AIDR as one inspection sees it, wherever that inspection runs. */
import type { Vault } from './collector-key.ts';
import { answerTooLarge } from './failure.ts';
import { type GuardCall, type GuardRequest, guardCall } from './request.ts';
import type { Reply, Sent } from './transport.ts';
import { readUnredacted, type Unredacted } from './unredact.ts';
import type { Inspected } from './verdict.ts';

export interface Aidr {
  openChannel(terms: SessionTerms): AidrChannel;
  readVerdict: VerdictReader;
}

/**
 * A large answer takes long to read, and may be read elsewhere.
 *
 * @param caller whose call is answered
 */
export type VerdictReader = (reply: Reply, caller: string) => Inspected | Promise<Inspected>;

export interface SessionTerms {
  /** Milliseconds from now, for everything that the session asks. */
  timeout: number;
  /** Whose calls these are, when they have to wait for a connection. */
  caller: string;
  /** Outages let pass what was to be inspected. */
  mayFailOpen: boolean;
  /** Absent outside a phase. */
  vault?: Vault;
  /** Aborts when nobody waits for the verdict any more. */
  signal?: AbortSignal;
  /** The span of which each call's is a child. */
  traceparent?: string;
}

export type AidrCall = ({ kind: 'guard' } & GuardCall) | { kind: 'unredact'; json: string };

/** How one inspection's calls get to AIDR, and the bytes of its answers back. */
export interface AidrChannel {
  /** The deadline has passed, or nobody waits for the verdict any more. */
  readonly hasEnded: boolean;
  /** @param call of less than a mebibyte, or it is refused */
  send(call: AidrCall): Promise<Sent>;
  /** To be called once: aborts what is still under way. */
  end(): AidrUsage;
}

export interface AidrUsage {
  /** HTTP exchanges, retries and polls included. */
  attempts: number;
  /** Milliseconds since the channel was opened. */
  elapsedMs: number;
}

/** One deadline for all calls of one inspection. */
export class AidrSession {
  readonly #aidr: Aidr;
  readonly #channel: AidrChannel;
  readonly #caller: string;

  constructor(aidr: Aidr, terms: SessionTerms) {
    this.#aidr = aidr;
    this.#channel = aidr.openChannel(terms);
    this.#caller = terms.caller;
  }

  /** The deadline has passed, or nobody waits for the verdict any more. */
  get hasEnded(): boolean {
    return this.#channel.hasEnded;
  }

  async guard(request: GuardRequest): Promise<Inspected> {
    const sent = await this.#channel.send({ kind: 'guard', ...guardCall(request) });
    return sent.ok ? this.#aidr.readVerdict(sent.reply, this.#caller) : sent;
  }

  /**
   * @param data any JSON
   * @param fpeContext of the verdict that encrypted what stands in it
   * @returns the same shape, decrypted
   */
  async unredact(data: unknown, fpeContext: string): Promise<Unredacted> {
    const call = { redacted_data: data, fpe_context: fpeContext };
    const json = JSON.stringify(call);
    const limit = MOST_GROWTH * Buffer.byteLength(json, 'utf8') + ENVELOPE_BYTES;
    const sent = await this.#channel.send({ kind: 'unredact', json });
    if (!sent.ok) return sent;
    if (sent.reply.body.length > limit) return answerTooLarge(limit);
    return readUnredacted(sent.reply);
  }

  /** To be called once, when the inspection is over: aborts what it still asks. */
  end(): AidrUsage {
    return this.#channel.end();
  }
}

/** Decrypted texts are as long as they were; each character can be written as an escape. */
const MOST_GROWTH = 6;
const ENVELOPE_BYTES = 65_536;
