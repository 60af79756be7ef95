/** What the methods of an official client send, and what their types declare that is answered. */
import { awsFrame } from '../../../src/body/stream/aws-event-stream.ts';
import { isObject } from '../../../src/formats/segment.ts';
import type { SdkMethod } from '../../../testkit/sdk/sdk-methods.ts';
import type { Desk } from './desk.ts';
import type { Novelty } from './novelty.ts';
import { answerInstead, tidied, unsupportedMember } from './sdk-arguments.ts';
import type { SdkClient } from './sdk-clients.ts';
import { type Answer, json, sse, type WireRequest, WORDS } from './wire.ts';

export interface SdkCall {
  /** As `vectorStores.files.create`. */
  name: string;
  client: SdkClient;
  /** As they are on the wire. */
  requests: WireRequest[];
  answers: Answer[];
  /** Whether there is a place in it that no call before has. */
  isNew: boolean;
  /** What the method makes of the first answer. */
  result: unknown;
  /** Calls the method. @param text in place of the words, in all arguments */
  send(baseUrl: string, tag: string, text?: string): Promise<unknown>;
}

/**
 * @param url of the provider: every method is called once without a gateway
 * @param novelty knows what was played before
 */
export async function sdkCallsOf(
  client: SdkClient,
  desk: Desk,
  url: string,
  novelty: Novelty,
): Promise<SdkCall[]> {
  const calls: SdkCall[] = [];
  for (const method of client.methods()) {
    const call = await callOf(client, method, desk, url, novelty);
    if (call) calls.push(call);
  }
  return calls;
}

async function callOf(
  client: SdkClient,
  method: SdkMethod,
  desk: Desk,
  url: string,
  novelty: Novelty,
): Promise<SdkCall | undefined> {
  const { name } = method;
  if (!client.method(url, '', name)) return undefined;
  const hidden = new Set<string>();
  const first = method.args.map(([one]) => one);
  const hasNewArguments = novelty.isNew(first);
  const answers = answersOf(client, method, novelty);
  const send = async (baseUrl: string, tag: string, args: readonly unknown[], text?: string) =>
    resultOf(client.method(baseUrl, tag, name)?.(...tidied(name, args, hidden, text)));
  const sent = await sentBy(desk, answers[0]?.answer, hidden, (tag) => send(url, tag, first));
  if (!sent) return undefined;
  const requests = [sent.request];
  for (const args of furtherArguments(method, first, novelty)) {
    const further = await sentBy(desk, answers[0]?.answer, hidden, (tag) => send(url, tag, args));
    if (further) requests.push(further.request);
  }
  return {
    ...{ name, client, requests, result: sent.result, answers: answers.map(({ answer }) => answer) },
    isNew: hasNewArguments || answers.some(({ isNew }) => isNew),
    send: (baseUrl, tag, text) => send(baseUrl, tag, first, text),
  };
}

/** @returns undefined where the method sends nothing with such arguments, or several requests */
async function sentBy(
  desk: Desk,
  answer: Answer | undefined,
  hidden: Set<string>,
  act: (tag: string) => Promise<unknown>,
): Promise<{ request: WireRequest; result: unknown } | undefined> {
  let result: unknown;
  let failure = '';
  const [sent, ...others] = await desk.whatIsSent(answer ?? json({}), async (tag) => {
    result = await act(tag).catch((error: unknown) => {
      failure = String(error);
    });
  });
  const member = unsupportedMember(failure);
  if (!sent && member !== undefined && !hidden.has(member)) {
    hidden.add(member);
    return sentBy(desk, answer, hidden, act);
  }
  if (!sent || others.length > 0) return undefined;
  const { method, path, headers, body } = sent;
  const type = headers['content-type'];
  return {
    request: { method, path, body, headers: type === undefined ? {} : { 'content-type': type } },
    result,
  };
}

/** Lists, each with another value for one of the arguments, that have a place which was not there before. */
function furtherArguments({ args }: SdkMethod, first: readonly unknown[], novelty: Novelty): unknown[][] {
  return args.flatMap((values, at) =>
    values.slice(1).flatMap((value) => (novelty.isNew(value) ? [first.with(at, value)] : [])),
  );
}

/** Reads a stream to its end. */
async function resultOf(made: unknown): Promise<unknown> {
  const result = await made;
  if (!isObject(result) || !(Symbol.asyncIterator in result)) return result;
  const items: unknown[] = [];
  for await (const item of result as unknown as AsyncIterable<unknown>) items.push(item);
  return items;
}

interface NotedAnswer {
  answer: Answer;
  isNew: boolean;
}

function answersOf(client: SdkClient, method: SdkMethod, novelty: Novelty): NotedAnswer[] {
  const instead = answerInstead(method.name);
  if (instead) return [{ answer: instead, isNew: true }];
  const noted = (values: readonly unknown[]) =>
    values.map((value) => ({ value, isNew: novelty.isNew(value) }));
  const whole = noted(method.answers).filter(({ isNew }, at) => at === 0 || isNew);
  const events = noted(method.events).filter(({ isNew }, at) => at === 0 || isNew);
  if (whole.length === 0 && events.length === 0) return [{ answer: json({ note: WORDS }), isNew: false }];
  const stream = streamOf(
    client,
    events.map(({ value }) => value),
  );
  return [
    ...whole.map(({ value, isNew }) => ({ answer: json(value), isNew })),
    ...(events.length > 0 ? [{ answer: stream, isNew: true }] : []),
  ];
}

function streamOf({ route }: SdkClient, events: unknown[]): Answer {
  // The names of events, with their data.
  if (route !== 'bedrock')
    return sse(
      events.map((event) =>
        isObject(event) && isObject(event.data) && 'event' in event ? event.data : event,
      ),
    );
  const frames = events.flatMap((event) =>
    Object.entries(Object(event)).map(([name, payload]) =>
      awsFrame(
        { ':event-type': name, ':content-type': 'application/json', ':message-type': 'event' },
        payload,
      ),
    ),
  );
  return { type: 'application/vnd.amazon.eventstream', body: Buffer.concat(frames) };
}
