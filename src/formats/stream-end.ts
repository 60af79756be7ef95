/**
 * How a stream ends that is broken off after its status was sent: in the provider's own terms, so that its clients say
 * so instead of waiting, or of taking half an answer for all of it.
 *
 * | API | last event |
 * |---|---|
 * | OpenAI chat completions and completions | a chunk with `finish_reason: "content_filter"`, then `[DONE]` |
 * | OpenAI responses | `error` |
 * | Anthropic | `error` |
 * | Cohere version 2; 1 | `message-end`; `stream-end`, with an error as their reason |
 * | Gemini | a candidate with `finishReason: "SAFETY"` |
 * | Ollama | `{"error": …}` |
 * | Amazon Bedrock | an exception |
 *
 * Which API it is, its events say. What none of these knows gets an `error` event with the fields that most clients
 * look for.
 */
import { AWS, awsFrame } from '../body/stream/aws-event-stream.ts';
import type { StreamEvent } from '../body/stream/document.ts';
import type { Framing } from '../body/stream/framing.ts';
import { SSE } from '../body/stream/sse.ts';
import { isObject, type JsonObject, wordOf } from './segment.ts';

/** One event, or its only content where events have no names. */
interface LastEvent {
  name?: string;
  value: JsonObject;
}

/**
 * @param events all that arrived
 * @param seen how many of them the client has: nothing of the others may be repeated
 * @param message for whoever reads the error
 */
export function streamEnd(
  framing: Framing,
  events: readonly StreamEvent[],
  seen: number,
  message: string,
): Uint8Array {
  if (framing === AWS) return awsException(message);
  const api = APIS.find(({ isOurs }) => events.some(isOurs));
  const last = (api?.end ?? unknownEnd)(events.slice(0, seen), message);
  if (framing !== SSE) return Buffer.from(`${JSON.stringify(last.value)}\n`, 'utf8');
  const name = last.name === undefined ? '' : `event: ${last.name}\n`;
  const done = api?.isDoneAfter ? `data: ${DONE}\n\n` : '';
  return Buffer.from(`${name}data: ${JSON.stringify(last.value)}\n\n${done}`, 'utf8');
}

const DONE = '[DONE]';

interface Api {
  isOurs(event: StreamEvent): boolean;
  end(events: readonly StreamEvent[], message: string): LastEvent;
  isDoneAfter?: boolean;
}

const typeOf = ({ name, value }: StreamEvent) =>
  wordOf((isObject(value) ? (value.type ?? value.event_type) : undefined) ?? name);

const APIS: Api[] = [
  {
    isOurs: ({ value }) => isObject(value) && Array.isArray(value.choices),
    end: (events) => ({ value: lastChunk(events) }),
    isDoneAfter: true,
  },
  {
    isOurs: (event) => typeOf(event).startsWith('response.'),
    end: (events, message) => {
      const numbers = events.map(({ value }) =>
        isObject(value) ? Number(wordOf(value.sequence_number)) : 0,
      );
      const last = numbers.findLast(Number.isInteger) ?? 0;
      const value = {
        type: 'error',
        code: 'content_filter',
        message,
        param: null,
        sequence_number: last + 1,
      };
      return { name: 'error', value };
    },
  },
  {
    isOurs: (event) => /^(?:message_start|content_block_|ping$|completion$)/.test(typeOf(event)),
    end: unknownEnd,
  },
  {
    isOurs: (event) => /^(?:message-start|content-start|content-delta)$/.test(typeOf(event)),
    end: (_, message) => ({
      name: 'message-end',
      value: { type: 'message-end', delta: { finish_reason: 'ERROR', error: message } },
    }),
  },
  {
    isOurs: (event) => /^(?:stream-start|text-generation)$/.test(typeOf(event)),
    end: (_, message) => ({
      value: {
        event_type: 'stream-end',
        is_finished: true,
        finish_reason: 'ERROR',
        response: { text: '', finish_reason: 'ERROR' },
        error: message,
      },
    }),
  },
  {
    isOurs: ({ value }) => isObject(value) && Array.isArray(value.candidates),
    end: (_, message) => ({
      value: { candidates: [{ index: 0, finishReason: 'SAFETY', finishMessage: message }] },
    }),
  },
  {
    isOurs: ({ value }) => isObject(value) && typeof value.done === 'boolean',
    end: (_, message) => ({ value: { error: message } }),
  },
];

function unknownEnd(_events: readonly StreamEvent[], message: string): LastEvent {
  return { name: 'error', value: { type: 'error', error: { type: 'api_error', message } } };
}

/** Every choice that the client has seen begin ends. */
function lastChunk(events: readonly StreamEvent[]): JsonObject {
  const chunks = events.flatMap(({ value }) =>
    isObject(value) && Array.isArray(value.choices) ? [value] : [],
  );
  const { id = '', object = 'chat.completion.chunk', created = 0, model = '' } = chunks.at(-1) ?? {};
  const choices = chunks.flatMap((chunk) => (chunk.choices as unknown[]).filter(isObject));
  const indices = new Set(choices.map(({ index }) => (typeof index === 'number' ? index : 0)));
  const isText = choices.some((choice) => 'text' in choice && !('delta' in choice));
  return {
    ...{ id, object, created, model },
    choices: [...(indices.size > 0 ? indices : [0])].map((index) => ({
      index,
      ...(isText ? { text: '' } : { delta: {} }),
      logprobs: null,
      finish_reason: 'content_filter',
    })),
  };
}

function awsException(message: string): Uint8Array {
  const headers = {
    ':exception-type': 'validationException',
    ':content-type': 'application/json',
    ':message-type': 'exception',
  };
  return awsFrame(headers, { message });
}
