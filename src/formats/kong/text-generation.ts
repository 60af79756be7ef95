/**
 * Hugging Face's text generation API, which Kong's huggingface driver and llama2-raw speak upstream: what a route of
 * `route_type: preserve` carries.
 *
 * | side | text | role |
 * |---|---|---|
 * | request | `inputs`: string, strings or an object | user |
 * | | `parameters`: sentences, such as the prose of a `grammar`; but no `stop` | system |
 * | answer | `generated_text`, alone, in a list, or in the list `data` (llama2-raw); it may begin with the prompt | assistant |
 * | stream | `token.text` of each event, `generated_text` of the last | assistant |
 *
 * `details` repeats the text token by token: it goes when the text changes.
 *
 * @see https://huggingface.co/docs/text-generation-inference
 */
import type { Path } from '../../body/json/edit.ts';
import type { Collector } from '../collector.ts';
import type { BodyFormat } from '../format.ts';
import { type Field, type Fields, labels, readFields, type TextOrigin, text } from '../openai/fields.ts';
import { readPrompt } from '../openai/prompt.ts';
import { belowOf, EventCollector, StreamTextAssembler } from '../openai/stream-text-assembler.ts';
import { itemsOf, valuesOf } from '../placed.ts';
import { type Derived, isObject, type JsonObject, wordOf } from '../segment.ts';
import { keysOf } from '../shape.ts';
import { claimSpelled } from '../spelled-out.ts';
import { TEXT_GENERATION_SHAPES } from './shapes.ts';

export const textGeneration: BodyFormat = {
  name: 'kong.text-generation',
  shapes: TEXT_GENERATION_SHAPES,

  requestKeys: keysOf(TEXT_GENERATION_SHAPES.request),

  readRequest(body, out) {
    if (!('inputs' in body)) return false;
    out.model(body.model);
    readPrompt(body.inputs, ['inputs'], out);
    const { stop: _, ...parameters } = isObject(body.parameters) ? body.parameters : {};
    out.sentences('system', parameters, ['parameters']);
    return true;
  },

  readResponse(body, out) {
    if (isGeneration(body)) return readGenerations([body], [[]], out);
    if (areGenerations(body))
      return readGenerations(
        body,
        body.map((_, index) => [index]),
        out,
      );
    if (!isObject(body) || !areGenerations(body.data)) return false;
    readFields(body, labels('data', 'model', 'object', 'usage'), [], out, { role: 'tool', kind: 'text' });
    return readGenerations(
      body.data,
      body.data.map((_, index) => ['data', index]),
      out,
    );
  },

  readStream(events, out) {
    if (!events.some(({ value }) => isTokenEvent(value))) return false;
    const texts = new StreamTextAssembler();
    const derived = events.flatMap(({ value }, number) =>
      isTokenEvent(value) ? repeatsIn(value, number) : [],
    );
    for (const [number, { value }] of events.entries()) {
      const found = new EventCollector(out);
      if (isTokenEvent(value)) readFields(value, EVENT, [number], found, ASSISTANT);
      else found.leaves('tool', 'text', value, [number]);
      found.countInto(out);
      for (const segment of found.extraction.segments) {
        const key = belowOf(segment, 1)[0];
        if (key === 'token' && !isSpecial(value)) texts.add('tokens', ['text'], segment);
        else texts.add(number, key === 'generated_text' ? ['text'] : belowOf(segment, 0), segment);
      }
    }
    texts.amend([], { derived });
    texts.collect(out);
    return true;
  },
};

const ASSISTANT: TextOrigin = { role: 'assistant', kind: 'text' };

/** One token at a time; the last event has the whole text too, without special tokens. */
function isTokenEvent(value: unknown): value is JsonObject {
  return isObject(value) && isObject(value.token) && 'text' in value.token;
}

function isSpecial(event: unknown): boolean {
  return isObject(event) && isSpecialToken(event.token);
}

function isSpecialToken(token: unknown): boolean {
  return isObject(token) && token.special === true;
}

/** What else may have been said, and the tokens of all that was. */
function repeatsIn(event: JsonObject, number: number): Derived[] {
  return ['top_tokens', 'details']
    .filter((key) => event[key])
    .map((key) => ({ path: [number, key], json: key === 'details' ? 'null' : '[]' }));
}

const token: Field = (value, path, out, origin) => {
  if (isObject(value)) readFields(value, TOKEN, path, out, origin);
};

const TOKEN: Fields = { text, ...labels('id', 'logprob', 'special') };

const EVENT: Fields = {
  token,
  generated_text: (value, path, out, origin, event) => {
    if (value !== null) text(value, path, out, origin, event);
  },
  ...labels('index', 'details', 'top_tokens', 'model'),
};

function areGenerations(list: unknown): list is unknown[] {
  return Array.isArray(list) && list.length > 0 && list.some(isGeneration);
}

function isGeneration(item: unknown): boolean {
  return isObject(item) && 'generated_text' in item;
}

function readGenerations(generations: unknown[], places: Path[], out: Collector): true {
  generations.forEach((generation, index) => {
    const path = places[index] ?? [];
    if (!isObject(generation)) {
      out.leaves('assistant', 'text', generation, path);
      return;
    }
    const derived = isObject(generation.details) ? [{ path: [...path, 'details'], json: 'null' }] : [];
    out.deriving(derived, () => readFields(generation, GENERATION, path, out, ASSISTANT));
    claimTokens(generation, path, out);
  });
  return true;
}

/** They spell the text, but for special ones, which it leaves out. */
function claimTokens({ details, generated_text: said }: JsonObject, path: Path, out: Collector): void {
  if (!isObject(details)) return;
  const tokens = itemsOf(details.tokens, [...path, 'details', 'tokens']).filter(
    ({ value }) => !isSpecialToken(value),
  );
  claimSpelled(valuesOf(tokens, 'text'), wordOf(said), out);
}

const GENERATION: Fields = { generated_text: text, ...labels('details') };
