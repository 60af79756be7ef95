/**
 * | API | error | a refusal as an answer |
 * |---|---|---|
 * | all | `message`, and its type in `x-amzn-errortype` | |
 * | Converse | | a message with one block |
 * | InvokeModel | | what the model named in the path answers: Anthropic's and Nova; no other's |
 *
 * @see https://docs.aws.amazon.com/bedrock/latest/APIReference/CommonErrors.html
 */
import { awsFrame } from '../../body/stream/aws-event-stream.ts';
import { messageAnswer, messageEvents } from '../anthropic/refusal.ts';
import type { ApiRefusals, Refused, RefusingAnswer, Said, StreamedAnswer } from '../refusal-contract.ts';
import type { JsonObject } from '../segment.ts';
import { converse } from './converse.ts';
import { tasks } from './tasks.ts';
import { textModels } from './text-models.ts';

const error = ({ message }: Refused): JsonObject => ({ message });

/** The SDK's error is named after it. */
const headers = ({ httpStatus }: Refused) => ({
  'x-amzn-errortype': ERROR_TYPES[httpStatus] ?? 'ValidationException',
});

const ERROR_TYPES: Record<number, string> = {
  403: 'AccessDeniedException',
  404: 'ResourceNotFoundException',
  500: 'InternalServerException',
  502: 'ServiceUnavailableException',
  503: 'ServiceUnavailableException',
  504: 'ServiceUnavailableException',
};

const NO_USAGE = { inputTokens: 0, outputTokens: 0, totalTokens: 0 };

const converseAnswer: RefusingAnswer = { whole: wholeConverse, streamed: converseFrames };

function wholeConverse({ text }: Said): JsonObject {
  return {
    output: { message: { role: 'assistant', content: [{ text }] } },
    ...{ stopReason: 'end_turn', usage: NO_USAGE, metrics: { latencyMs: 0 } },
  };
}

function converseFrames(said: Said): StreamedAnswer {
  return frames(converseEvents(said));
}

function converseEvents({ text }: Said): [type: string, payload: JsonObject][] {
  return [
    ['messageStart', { role: 'assistant' }],
    ['contentBlockDelta', { contentBlockIndex: 0, delta: { text } }],
    ['contentBlockStop', { contentBlockIndex: 0 }],
    ['messageStop', { stopReason: 'end_turn' }],
    ['metadata', { usage: NO_USAGE, metrics: { latencyMs: 0 } }],
  ];
}

/** Its body is the model's own, and the model stands in the path, unless it is known by an ARN. */
const invokeAnswer: RefusingAnswer = {
  whole(said) {
    if (ANTHROPIC.test(said.path)) return messageAnswer.whole(said);
    return NOVA.test(said.path) ? wholeConverse(said) : undefined;
  },
  streamed(said) {
    if (ANTHROPIC.test(said.path)) return chunks(messageEvents(said));
    if (!NOVA.test(said.path)) return undefined;
    return chunks(converseEvents(said).map(([type, payload]) => ({ [type]: payload })));
  },
};

const ANTHROPIC = /\/model\/(?:[a-z-]+\.)?anthropic\./i;
const NOVA = /\/model\/(?:[a-z-]+\.)?amazon\.nova-(?:micro|lite|pro|premier)/i;

function chunks(values: readonly JsonObject[]): StreamedAnswer {
  return frames(
    values.map((value) => [
      'chunk',
      { bytes: Buffer.from(JSON.stringify(value), 'utf8').toString('base64') },
    ]),
  );
}

function frames(events: readonly (readonly [type: string, payload: JsonObject])[]): StreamedAnswer {
  const bytes = events.map(([type, payload]) =>
    awsFrame({ ':event-type': type, ':content-type': 'application/json', ':message-type': 'event' }, payload),
  );
  return { contentType: 'application/vnd.amazon.eventstream', body: Buffer.concat(bytes) };
}

/** @param invoke the format of all that InvokeModel takes */
export function refusalsOfBedrock(invoke: ApiRefusals['formats'][number]): readonly ApiRefusals[] {
  return [
    { formats: [converse], error, headers, answer: converseAnswer },
    { formats: [invoke, tasks, textModels], error, headers, answer: invokeAnswer },
  ];
}
