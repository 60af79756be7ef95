/** The channel of an inspection that runs where AIDR is asked. */
import type { Vault } from './collector-key.ts';
import { Deadline } from './deadline.ts';
import type { AidrCall, AidrChannel, AidrUsage, SessionTerms } from './session.ts';
import type { Sent } from './transport.ts';
import type { Inspected } from './verdict.ts';

/** What one inspection brings to all of its calls. */
export interface Session {
  deadline: Deadline;
  /** Whose calls these are, when they have to wait for a connection. */
  caller: string;
  /** Absent outside a phase. */
  vault?: Vault;
  /** HTTP exchanges so far, retries and polls included. */
  attempts: number;
  /** The span of which each call's is a child. */
  traceparent?: string;
  /** One of them had to wait for a connection: AIDR had only what that left of the time. */
  hadToWait?: true;
  /** Outages let pass what was to be inspected, so each failure is doubted before it counts as one. */
  mayFailOpen?: true;
  /** What AIDR says to the health probe, once it was needed. */
  probe?: Promise<Inspected>;
  /** It is the health probe itself, which waits behind nobody. */
  isProbe?: true;
}

/** Sends the calls of a session. */
interface SessionClient {
  refreshKey(session: Session): Promise<void>;
  send(call: AidrCall, session: Session): Promise<Sent>;
}

export class ClientChannel implements AidrChannel {
  readonly #client: SessionClient;
  readonly #session: Session;
  readonly #signal: AbortSignal | undefined;
  /** The key has been looked for where it moved to. */
  readonly #ready: Promise<void>;
  readonly #began = performance.now();
  readonly #giveUp = () => this.#session.deadline.end();

  constructor(
    client: SessionClient,
    { timeout, caller, mayFailOpen, vault, signal, traceparent }: SessionTerms,
  ) {
    this.#client = client;
    this.#session = {
      deadline: new Deadline(timeout),
      caller,
      attempts: 0,
      ...(vault ? { vault } : {}),
      ...(traceparent === undefined ? {} : { traceparent }),
      ...(mayFailOpen ? { mayFailOpen } : {}),
    };
    this.#signal = signal;
    if (signal?.aborted) this.#giveUp();
    signal?.addEventListener('abort', this.#giveUp);
    this.#ready = client.refreshKey(this.#session);
  }

  get hasEnded(): boolean {
    return this.#session.deadline.signal.aborted;
  }

  async send(call: AidrCall): Promise<Sent> {
    await this.#ready;
    return this.#client.send(call, this.#session);
  }

  /** The inspection itself lost so many milliseconds of the time in which it wanted to ask. */
  lose(milliseconds: number): void {
    this.#session.deadline.lose(milliseconds);
  }

  end(): AidrUsage {
    this.#signal?.removeEventListener('abort', this.#giveUp);
    this.#session.deadline.end();
    return { attempts: this.#session.attempts, elapsedMs: performance.now() - this.#began };
  }
}
