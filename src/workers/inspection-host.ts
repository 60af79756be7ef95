/** Does for an inspection in a worker thread what only the main thread can do: AIDR and the history cache. */
import { isDeepStrictEqual } from 'node:util';
import type { ClientChannel } from '../aidr/client-channel.ts';
import { failed } from '../aidr/failure.ts';
import type { AidrCall, AidrUsage, SessionTerms } from '../aidr/session.ts';
import type { Sent } from '../aidr/transport.ts';
import type { AnyHostInspector } from '../inspection/create-inspector.ts';
import type { InspectionRequest } from '../inspection/inspector.ts';
import { errorLocation } from '../kong/error-location.ts';
import type { Answers, News, Question } from './inspection-jobs.ts';
import type { JobHost, Message } from './job.ts';
import { copied } from './transfer.ts';

interface MadeCall {
  call: AidrCall;
  sent: Promise<Sent>;
}

export class InspectionHost implements JobHost {
  readonly #inspector: AnyHostInspector;
  readonly #terms: SessionTerms;
  readonly #onUndecided: NonNullable<InspectionRequest['onUndecided']>;
  #channel: ClientChannel | undefined;
  #began = 0;
  /** Calls of this attempt, and those of the one before that it has not made again. */
  #made: MadeCall[] = [];
  #madeBefore: MadeCall[] = [];
  #underWay = 0;
  /** When the thread got what it has to go on with. */
  #handedOver = 0;

  /** @param onUndecided told what a thread tells of a prompt (InspectionRequest) */
  constructor(
    inspector: AnyHostInspector,
    terms: SessionTerms,
    onUndecided: InspectionRequest['onUndecided'] = () => undefined,
  ) {
    this.#inspector = inspector;
    this.#terms = terms;
    this.#onUndecided = onUndecided;
  }

  /** The inspection begins, perhaps anew: AIDR is not asked again what it was asked already. */
  beginAttempt(): void {
    this.#madeBefore = this.#made;
    this.#made = [];
  }

  async answer(what: unknown): Promise<Message> {
    const message = await this.#answer(what as Question);
    this.#handedOver = performance.now();
    return message;
  }

  hear(what: unknown): void {
    const { turns } = what as News;
    this.#inspector.history.remember(() => turns);
  }

  /** To be called once, when the job has come to its end, whichever. */
  end(): AidrUsage {
    if (!this.#channel) return { attempts: 0, elapsedMs: 0 };
    const usage = this.#channel.end();
    // What the thread did after its last call is no time of AIDR's.
    return this.#handedOver > this.#began ? { ...usage, elapsedMs: this.#handedOver - this.#began } : usage;
  }

  async #answer(question: Question): Promise<Message> {
    switch (question.kind) {
      case 'settings':
        return { value: this.#inspector.config satisfies Answers['settings'] };
      case 'recall':
        return { value: (await this.#inspector.history.recall(question.keys)) satisfies Answers['recall'] };
      case 'undecided':
        this.#onUndecided(question.prompt);
        return { value: undefined satisfies Answers['undecided'] };
      case 'send':
        return this.#sentMessage(await this.#send(question.call));
    }
  }

  #sentMessage(sent: Sent): Message {
    const hasEnded = this.#channel?.hasEnded ?? true;
    if (!sent.ok) return { value: { sent, hasEnded } satisfies Answers['send'] };
    // Perhaps it is asked for again.
    const body = copied(sent.reply.body);
    const value = { sent: { ok: true, reply: { ...sent.reply, body } }, hasEnded } satisfies Answers['send'];
    return { value, transfer: [body.buffer] };
  }

  /** Opened by the first call, with one deadline for all attempts. */
  #openChannel(): ClientChannel {
    if (!this.#channel) {
      this.#channel = this.#inspector.aidr.openChannel(this.#terms);
      this.#began = performance.now();
      this.#handedOver = this.#began;
    }
    return this.#channel;
  }

  #send(call: AidrCall): Promise<Sent> {
    const made = this.#takeMadeBefore(call) ?? { call, sent: this.#sendNew(call) };
    this.#made.push(made);
    return made.sent;
  }

  #takeMadeBefore(call: AidrCall): MadeCall | undefined {
    const at = this.#madeBefore.findIndex((one) => isDeepStrictEqual(one.call, call));
    return at === -1 ? undefined : this.#madeBefore.splice(at, 1)[0];
  }

  async #sendNew(call: AidrCall): Promise<Sent> {
    const isFirst = this.#underWay === 0;
    this.#underWay += 1;
    try {
      const channel = this.#openChannel();
      // A thread that has others to serve asks late: what AIDR then lacks is not AIDR's fault.
      if (isFirst) channel.lose(performance.now() - this.#handedOver);
      return await channel.send(call);
    } catch (error) {
      return failed('internal', errorLocation(error));
    } finally {
      this.#underWay -= 1;
    }
  }
}
