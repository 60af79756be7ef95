/** Plays one method of an official client through the gateway, and says what went wrong. */
import { answersOfPath, asksForPrompt, formatsOfPath, refusalOfPath } from '../../../src/formats/registry.ts';
import type { Desk } from './desk.ts';
import type { Place } from './places.ts';
import type { SdkCall } from './sdk-calls.ts';
import { textsOf } from './texts.ts';
import { type Answer, json, type WireRequest, WORDS } from './wire.ts';
import { FORBIDDEN, HIDDEN, INJECTION, SSN } from './words.ts';

const CHATS = /\/(?:chat\/completions|responses)\//;

/** What nobody can read is refused, whatever it says. */
const UNREADABLE = /\/detokenize$/;

/** One method: what of it went wrong, as sentences. */
export class SdkTrial {
  readonly #desk: Desk;
  readonly #url: string;
  readonly #call: SdkCall;
  readonly #fixed: Set<string>;
  readonly #faults: string[] = [];

  /** @param fixed the places that were tried already, of those that cannot be redacted; grows */
  constructor(desk: Desk, gateway: string, call: SdkCall, fixed: Set<string>) {
    this.#desk = desk;
    this.#url = `${gateway}/${call.client.route}`;
    this.#call = call;
    this.#fixed = fixed;
  }

  async faults(): Promise<string[]> {
    const [first] = this.#call.requests;
    const path = first?.path.replace(/\?.*/, '') ?? '';
    if (formatsOfPath(path).length === 0 && !refusalOfPath(path)) return [`${path} is in no table`];
    if (UNREADABLE.test(path)) return [];
    if (refusalOfPath(path)) await this.#isRefused();
    else {
      if (first?.body.includes(WORDS)) await this.#isBlocked();
      if (!first || !this.#call.isNew) return this.#faults;
      await this.#comesThrough();
      await this.#keepsBack(first, path);
      // Chats repeat their texts in parts, which go when the text changes.
      if (!asksForPrompt(path) && !CHATS.test(path))
        await this.#isRedacted(answersOfPath(path) === undefined);
    }
    return this.#faults;
  }

  async #isRefused(): Promise<void> {
    const sent = await this.#send(json({}));
    if (sent.count > 0) this.#faults.push('the provider was asked');
    if (!/goes around the gateway|cannot be read/.test(sent.failure))
      this.#faults.push(`said ${sent.failure}`);
  }

  async #comesThrough(): Promise<void> {
    const [answer = json({})] = this.#call.answers;
    const { result, failure, bodies } = await this.#send(answer);
    if (withoutHeaders(result) !== withoutHeaders(this.#call.result))
      this.#faults.push(`benign: ${failure || JSON.stringify(result)?.slice(0, 200)}`);
    const [request] = this.#call.requests;
    if (!isForm(request) && bodies[0] !== String(request?.body))
      this.#faults.push('benign: another request arrived');
  }

  async #isBlocked(): Promise<void> {
    const { count, failure } = await this.#send(json({}), INJECTION);
    if (count > 0) this.#faults.push('an injection arrived');
    else if (!failure.includes('Malicious Prompt was detected'))
      this.#faults.push(`an injection: ${failure}`);
  }

  async #keepsBack(request: WireRequest, path: string): Promise<void> {
    const { type, body } = this.#call.answers[0] ?? json({});
    if (answersOfPath(path) === 'media') return;
    const answer = { type, body: Buffer.from(String(body).replaceAll('"words"', JSON.stringify(FORBIDDEN))) };
    if (answer.body.equals(body) || type.startsWith('application/vnd')) return;
    const { status, reply } = await this.#desk.play(this.#call.client.route, request, answer);
    if (status < 400 || reply.includes('pipe bomb')) this.#faults.push(`a forbidden answer: ${status}`);
  }

  async #isRedacted(hasAnswers: boolean): Promise<void> {
    const { requests, answers } = this.#call;
    for (let at = 0; at < Math.max(requests.length, hasAnswers ? answers.length : 0); at++) {
      const request = requests[at] ?? requests[0];
      const answer = (hasAnswers ? answers[at] : undefined) ?? json({});
      if (request) await this.#isRedactedIn(request, answer);
    }
  }

  async #isRedactedIn(request: WireRequest, answer: Answer): Promise<void> {
    const asked = textsOf(String(request.body), request.headers['content-type']);
    const told = textsOf(String(answer.body), answer.type);
    const { status, reply, sent } = await this.#desk.play(
      this.#call.client.route,
      { ...request, body: asked.with(`Mine is ${SSN}.`) ?? request.body },
      { ...answer, body: told.with(`It is ${SSN}.`) ?? answer.body },
    );
    const arrived = String(asked.with('Mine is <US_SSN>.') ?? request.body);
    const [got] = sent.map(String);
    if (got !== arrived)
      this.#faults.push(`a request: ${status} ${firstDifference(got ?? String(reply), arrived)}`);
    else if (String(reply) !== String(told.with(`It is ${HIDDEN}.`) ?? answer.body))
      this.#faults.push(
        `an answer: ${status} ${firstDifference(String(reply), String(told.with(`It is ${HIDDEN}.`) ?? answer.body))}`,
      );
    for (const place of asked.fixed)
      await this.#hasFixed('request', place, request, answer, asked.only(place, `Mine is ${SSN}.`));
    for (const place of told.fixed)
      await this.#hasFixed('answer', place, request, answer, told.only(place, `It is ${SSN}.`));
  }

  async #hasFixed(
    side: string,
    { path }: Place,
    request: WireRequest,
    answer: Answer,
    body: Buffer,
  ): Promise<void> {
    const key = `${side} ${path.findLast((step) => typeof step === 'string')}`;
    // The name of a model is in the records, whatever it is.
    if (this.#fixed.has(key) || /model/i.test(key)) return;
    this.#fixed.add(key);
    const { reply, sent } = await this.#desk.play(
      this.#call.client.route,
      side === 'request' ? { ...request, body } : request,
      side === 'request' ? json({}) : { ...answer, body },
    );
    if (reply.includes(SSN) || sent.some((one) => one.includes(SSN))) this.#faults.push(`${key} got through`);
  }

  async #send(
    answer: Answer,
    text?: string,
  ): Promise<{ count: number; bodies: string[]; result: unknown; failure: string }> {
    let result: unknown;
    let failure = '';
    const sent = await this.#desk.whatIsSent(answer, async (tag) => {
      result = await this.#call.send(this.#url, tag, text).catch((error: unknown) => {
        failure = `${error} ${JSON.stringify(error)}`;
      });
    });
    return { count: sent.length, bodies: sent.map(({ body }) => String(body)), result, failure };
  }
}

/** Google's client shows headers, in which the gateway has its own. */
function withoutHeaders(result: unknown): string | undefined {
  return JSON.stringify(result, (key, value: unknown) => (key === 'sdkHttpResponse' ? undefined : value));
}

function isForm(request: WireRequest | undefined): boolean {
  return request?.headers['content-type']?.startsWith('multipart/') === true;
}

function firstDifference(got: string, due: string): string {
  let at = 0;
  while (at < due.length && got[at] === due[at]) at++;
  const around = (text: string) => text.slice(Math.max(0, at - 60), at + 90);
  return `${around(got)} in place of ${around(due)}`;
}
