/** A session whose inspection runs in the process that asks AIDR. */
import type { AidrClient, Session, Unredacted } from './client.ts';
import { Deadline } from './deadline.ts';
import type { GuardRequest } from './request.ts';
import type { AidrSession, AidrUsage, SessionTerms } from './session.ts';
import type { Inspected } from './verdict.ts';

export class ClientSession implements AidrSession {
  readonly #client: AidrClient;
  readonly #session: Session;
  readonly #signal: AbortSignal | undefined;
  /** The key is where it should be. */
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

  async guard(request: GuardRequest): Promise<Inspected> {
    await this.#ready;
    return this.#client.guard(request, this.#session);
  }

  async unredact(data: unknown, fpeContext: string): Promise<Unredacted> {
    await this.#ready;
    return this.#client.unredact(data, fpeContext, this.#session);
  }

  end(): AidrUsage {
    this.#signal?.removeEventListener('abort', this.#giveUp);
    this.#session.deadline.end();
    return { attempts: this.#session.attempts, elapsedMs: performance.now() - this.#began };
  }
}
