/** The channel of an inspection that runs where AIDR is asked. */
import type { AidrClient, Session } from './client.ts';
import { Deadline } from './deadline.ts';
import type { AidrCall, AidrChannel, AidrUsage, SessionTerms } from './session.ts';
import type { Sent } from './transport.ts';

export class ClientChannel implements AidrChannel {
  readonly #client: AidrClient;
  readonly #session: Session;
  readonly #signal: AbortSignal | undefined;
  /** The key has been looked for where it moved to. */
  readonly #ready: Promise<void>;
  readonly #began = performance.now();
  readonly #giveUp = () => this.#session.deadline.end();

  constructor(client: AidrClient, { timeout, caller, mayFailOpen, vault, signal }: SessionTerms) {
    this.#client = client;
    this.#session = {
      deadline: new Deadline(timeout),
      caller,
      attempts: 0,
      ...(vault ? { vault } : {}),
      ...(mayFailOpen ? { mayFailOpen } : {}),
    };
    this.#signal = signal;
    if (signal?.aborted) this.#giveUp();
    signal?.addEventListener('abort', this.#giveUp);
    this.#ready = client.refreshKey(this.#session);
  }

  get isOver(): boolean {
    return this.#session.deadline.signal.aborted;
  }

  async send(call: AidrCall, json: string): Promise<Sent> {
    await this.#ready;
    return this.#client.send(call, json, this.#session);
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
