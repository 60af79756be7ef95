/**
 * Streamed chat completions: OpenAI's, Azure's, every compatible server's, and what Kong's ai-proxy makes of others.
 *
 * | in a chunk | text | kind |
 * |---|---|---|
 * | `choices[].delta.content` | string, or parts (Mistral) | text |
 * | `choices[].delta`: all that a message has (message.ts) | `refusal`, `reasoning_content`, `audio.transcript`, … | its own |
 * | `choices[].delta.tool_calls[].function`, `.custom`, `delta.function_call` | `name`; fragments of `arguments`, `input` | label; tool_arguments |
 * | `choices[].message` | some servers end with the whole message | as in an answer |
 * | beside `choices` | as in an answer | citation |
 *
 * A choice's `logprobs`, `annotations` and audio go, in all chunks, when one of its texts changes.
 *
 * @see https://platform.openai.com/docs/api-reference/chat-streaming
 */
import type { Path } from '../../body/json/edit.ts';
import type { StreamEvent } from '../../body/stream/document.ts';
import type { Collector } from '../collector.ts';
import { isObject, type JsonObject } from '../segment.ts';
import { ANSWER, CHOICE, hasChoices } from './answer-fields.ts';
import { indexOf } from './choice-numbers.ts';
import { ChoiceStream } from './choice-stream.ts';
import { type Field, type Fields, labels, readFields } from './fields.ts';
import { AUDIO, MESSAGE, readMessage } from './message.ts';
import { readAnnotations, repeatsIn } from './parts.ts';
import type { TextId } from './stream-text-assembler.ts';

/** @returns false when no event is a chunk of a chat completion */
export function readChatStream(events: readonly StreamEvent[], out: Collector): boolean {
  const chunks = events.filter(({ value }) => hasChoices(value));
  if (chunks.length === 0 || chunks.some(({ value }) => isObject(value) && isCompletion(value))) return false;
  const stream = new ChoiceStream(
    {
      chunk: CHUNK,
      readChoice,
      repeatsIn: (choice, path) => [
        ...REPEATS.filter((key) => choice[key]).map((key) => ({ path: [...path, key], json: 'null' })),
        ...(isObject(choice.delta) ? repeatsIn(choice.delta, [...path, 'delta']) : []),
      ],
      idOf: (below, choice) => idOf(below, choice, numbers),
    },
    out,
    events,
  );
  const choices = choicesOf(events, stream);
  const numbers = numberCalls(choices);
  events.forEach((event, number) => {
    stream.read(event, number);
  });
  const signed = new Map<string, TextId>();
  for (const { choice, index, path } of choices) {
    if (choice.message) {
      const at = [...path, 'message'];
      const isLast = Boolean(choice.finish_reason);
      stream.readWhole(at, index, isLast, (found) => readMessage(choice.message, at, found, 'assistant'));
    }
    for (const id of signaturesIn(choice)) signed.set(`${index} ${id}`, ['choices', index, ...id]);
  }
  for (const id of signed.values()) stream.texts.amend(id, { immutableBecause: 'signature' });
  stream.collect();
  return true;
}

function isCompletion({ choices }: JsonObject): boolean {
  if (!Array.isArray(choices)) return false;
  return choices.some(
    (choice) => isObject(choice) && 'text' in choice && !('delta' in choice || 'message' in choice),
  );
}

const CHUNK: Fields = { ...ANSWER, ...labels('obfuscation') };

const REPEATS = ['logprobs', 'token_ids'];

function readChoice(choice: JsonObject, path: Path, found: Collector): void {
  readFields(choice, STREAMED_CHOICE, path, found, { role: 'assistant', kind: 'text' });
}

const delta: Field = (value, path, found, origin) => {
  if (!isObject(value)) {
    found.leaves(origin.role, origin.kind, value, path);
    return;
  }
  readFields(value, DELTA, path, found, origin);
  readAnnotations(value, path, found);
};

const STREAMED_CHOICE: Fields = { ...CHOICE, delta, ...labels('message') };

/** It comes in many chunks; the first has the id. */
const audio: Field = (value, path, found, origin) => {
  if (!isObject(value)) found.leaves(origin.role, origin.kind, value, path);
  else {
    if ('id' in value) found.reference([...path, 'id']);
    readFields(value, AUDIO, path, found, origin);
  }
};

const DELTA: Fields = { ...MESSAGE, audio };

/**
 * Which text of the message it is. Content is one text, in however many parts; items of lists have an `index`, and
 * without one their place in the list counts.
 */
function idOf(below: Path, choice: JsonObject, numbers: ReadonlyMap<unknown, number>): TextId {
  const [part, key] = below;
  if (part !== 'delta') return below[0] === 'content' ? ['content'] : below;
  if (key === 'content') return ['content'];
  let at: unknown = choice;
  const id = below.map((step) => {
    at = isObject(at) || Array.isArray(at) ? (at as Record<string | number, unknown>)[step] : undefined;
    return typeof step === 'number' ? (numbers.get(at) ?? indexOf(at, step)) : step;
  });
  return id.slice(1);
}

/** Kong's Gemini driver gives calls no index: each that has a name is a new one, and what has none continues it. */
function numberCalls(choices: readonly PlacedChoice[]): ReadonlyMap<unknown, number> {
  const numbers = new Map<unknown, number>();
  const begun = new Map<number, number>();
  for (const { choice, index } of choices) {
    for (const call of listIn(choice.delta, 'tool_calls')) {
      if (!isObject(call) || typeof call.index === 'number') continue;
      const count = (begun.get(index) ?? 0) + (beginsCall(call) ? 1 : 0);
      begun.set(index, count);
      numbers.set(call, Math.max(0, count - 1));
    }
  }
  return numbers;
}

function beginsCall({ function: called, custom }: JsonObject): boolean {
  return [called, custom].some((tool) => isObject(tool) && Boolean(tool.name));
}

/** Reasoning in steps: a signature comes behind the text that it vouches for. */
function signaturesIn({ delta }: JsonObject): TextId[] {
  return ['reasoning_details', 'thinking_blocks'].flatMap((key) =>
    listIn(delta, key).flatMap((step, position) =>
      isObject(step) && step.signature ? [[key, indexOf(step, position)]] : [],
    ),
  );
}

function listIn(owner: unknown, key: string): unknown[] {
  const list = isObject(owner) ? owner[key] : undefined;
  return Array.isArray(list) ? list : [];
}

interface PlacedChoice {
  choice: JsonObject;
  /** Which of the answer's choices it is. */
  index: number;
  path: Path;
}

function choicesOf(events: readonly StreamEvent[], stream: ChoiceStream): PlacedChoice[] {
  const found: PlacedChoice[] = [];
  for (const [number, { value }] of events.entries()) {
    for (const [position, choice] of listIn(value, 'choices').entries()) {
      if (isObject(choice))
        found.push({ choice, index: stream.indexOf(choice, position), path: [number, 'choices', position] });
    }
  }
  return found;
}
