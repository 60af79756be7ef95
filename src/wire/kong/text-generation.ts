/**
 * Hugging Face's text generation API, which Kong's huggingface driver and llama2-raw speak upstream: what a route of
 * `route_type: preserve` carries.
 *
 * | side | text | role |
 * |---|---|---|
 * | request | `inputs`: string, strings or an object | user |
 * | answer | `generated_text`, alone, in a list, or in the list `data` (llama2-raw); it may begin with the prompt | assistant |
 *
 * `details` repeats the text token by token: it goes when the text changes.
 *
 * @see https://huggingface.co/docs/text-generation-inference
 */
import type { Path } from '../../body/json/edit.ts';
import type { Collector } from '../collector.ts';
import type { WireFormat } from '../format.ts';
import { type Fields, labels, readFields, text } from '../openai/fields.ts';
import { readPrompt } from '../openai/prompt.ts';
import { isObject } from '../segment.ts';

export const textGeneration: WireFormat = {
  name: 'kong.text-generation',

  requestKeys: new Set(['inputs', 'parameters', 'options', 'model', 'stream']),

  readRequest(body, out) {
    if (!('inputs' in body)) return false;
    out.model(body.model);
    readPrompt(body.inputs, ['inputs'], out);
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
};

function areGenerations(list: unknown): list is unknown[] {
  return Array.isArray(list) && list.length > 0 && list.some(isGeneration);
}

function isGeneration(item: unknown): boolean {
  return isObject(item) && 'generated_text' in item;
}

function readGenerations(generations: unknown[], places: Path[], out: Collector): true {
  generations.forEach((generation, index) => {
    const place = places[index] ?? [];
    if (!isObject(generation)) {
      out.leaves('assistant', 'text', generation, place);
      return;
    }
    const derived = isObject(generation.details) ? [{ path: [...place, 'details'], json: 'null' }] : [];
    out.deriving(derived, () =>
      readFields(generation, GENERATION, place, out, { role: 'assistant', kind: 'text' }),
    );
  });
  return true;
}

const GENERATION: Fields = { generated_text: text, ...labels('details') };
