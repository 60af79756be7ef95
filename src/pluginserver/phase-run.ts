/**
 * One phase of one request: a conversation in which the plugin asks and Kong answers, strictly one call at a time.
 *
 * Kong lets a request pass when the phase ends with `ret`, so only a plugin that returned properly ends that way.
 */
import PdkBridge from 'kong-pdk/pdk.js';
import type { PhaseFailure } from '../inspection/refusal/refuser.ts';
import { type Outgoing, refusalCalls, refusalExit } from './refusal.ts';
import type { KeyedRefuser } from './refusal-notes.ts';

/** Calls that end the request: Kong never answers them. */
const FINAL_CALLS = new Set(['kong.response.exit', 'kong.response.error']);

export class PhaseRun {
  readonly phase: string;
  readonly #onEnd: () => void;
  #queue: Outgoing[] = [];
  #answers: [unknown, unknown][] = [];
  #waiting: ((answer: [unknown, unknown]) => void)[] = [];
  #reply: ((outgoing: Outgoing) => void) | undefined;
  #hasEnded = false;
  /** The plugin's own words count no more. */
  #isRefused = false;

  readonly refuser: KeyedRefuser;

  /** @param onEnd called once, when Kong will hear or say no more about this phase */
  constructor(phase: string, refuser: KeyedRefuser, onEnd: () => void) {
    this.phase = phase;
    this.refuser = refuser;
    this.#onEnd = onEnd;
  }

  get neverRefuses(): boolean {
    return this.refuser.neverRefuses;
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** Whether Kong is waiting for this process, rather than the other way round. */
  get owesReply(): boolean {
    return this.#reply !== undefined;
  }

  /**
   * @param run the plugin's method for the phase
   * @param onError told what the phase threw; the request is refused then
   */
  start(run: (kong: unknown) => unknown, onError: (error: unknown) => void): void {
    const { kong } = new PdkBridge({ put: (call) => this.#send(call), get: () => this.#nextAnswer() });
    const settled = (async () => run(kong))();
    settled.then(
      () => this.#send('ret'),
      (error: unknown) => {
        onError(error);
        this.refuse('internal');
      },
    );
  }

  /** Kong waits: the next thing that the plugin says goes to `reply`. */
  expectReply(reply: (outgoing: Outgoing) => void): void {
    this.#reply = reply;
    this.#flush();
  }

  /** Kong's answer to the call that was sent last. */
  answer(value: unknown, error?: unknown): void {
    if (this.#isRefused) return;
    const waiting = this.#waiting.shift();
    if (waiting) waiting([value, error]);
    else this.#answers.push([value, error]);
  }

  /**
   * Ends the phase with a rejection of the request, whatever the plugin still wants to say. It takes two replies: the
   * guard has to know the answer for ours.
   */
  refuse(why: PhaseFailure): void {
    if (this.#isRefused) return;
    this.#isRefused = true;
    this.#queue = refusalCalls(refusalExit(this.phase, this.refuser, why));
    this.#flush();
  }

  /** Ends the phase without a word: Kong is gone, or has been told. */
  end(): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#queue = [];
    this.#reply = undefined;
    this.#onEnd();
  }

  #send(outgoing: Outgoing): void {
    if (this.#hasEnded || this.#isRefused) return;
    this.#queue.push(outgoing);
    this.#flush();
  }

  #flush(): void {
    const reply = this.#reply;
    const next = this.#queue[0];
    if (!reply || next === undefined) return;
    this.#queue.shift();
    this.#reply = undefined;
    if (next === 'ret' || FINAL_CALLS.has(next.Method)) this.end();
    reply(next);
  }

  #nextAnswer(): Promise<[unknown, unknown]> {
    const answer = this.#answers.shift();
    return answer ? Promise.resolve(answer) : new Promise((resolve) => this.#waiting.push(resolve));
  }
}
