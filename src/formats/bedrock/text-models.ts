/**
 * Models of Bedrock's InvokeModel that take one prompt.
 *
 * | family | request | answer |
 * |---|---|---|
 * | Amazon Titan | `inputText`; `inputImage` is opaque | `results[].outputText`; of embeddings: `message` |
 * | Meta Llama | `prompt`; `images` are opaque | `generation` |
 * | Mistral | `prompt` | `outputs[].text` |
 * | AI21 Jurassic-2 | `prompt` | `completions[].data.text`, echo in `prompt.text`; `tokens` repeat both |
 * | Anthropic Claude 2, Cohere Command, imported models | `prompt`, `suffix` | their own formats read them |
 *
 * What a family is called is no help: inference profiles and ARNs hide it.
 *
 * @see https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters.html
 */
import type { Path } from '../../body/json/edit.ts';
import type { Collector } from '../collector.ts';
import type { BodyFormat } from '../format.ts';
import { itemsOf, type Placed } from '../placed.ts';
import { isObject, type JsonObject, type Role, type SegmentKind } from '../segment.ts';
import { keysOf } from '../shape.ts';
import { TEXT_MODELS } from './model-shapes.ts';
import { readStream } from './text-model-stream.ts';

export const textModels: BodyFormat = {
  name: 'bedrock.text-models',

  requestKeys: keysOf(TEXT_MODELS.request),
  shapes: TEXT_MODELS,

  readRequest(body, out) {
    if (!isGiven(body.inputText) && !isGiven(body.inputImage) && !isGiven(body.prompt)) return false;
    for (const key of ['inputText', 'prompt', 'suffix']) out.text('user', 'text', body[key], [key]);
    for (const key of ['inputImage', 'images']) readImages(body[key], [key], out);
    return true;
  },

  readResponse(body, out) {
    if (!isObject(body)) return false;
    const family = FAMILIES.find(({ read }) => read(body, out));
    // What another family would read is text like any other key's.
    if (family) out.otherKeys('tool', 'text', body, new Set([...ANSWER_KEYS, ...family.keys]), []);
    return family !== undefined;
  },

  readStream,
};

const FAMILIES = [
  { read: readTitan, keys: ['results', 'message'] },
  { read: readLlama, keys: ['generation'] },
  { read: readMistral, keys: ['outputs'] },
  { read: readJurassic, keys: ['completions', 'prompt'] },
];

const ANSWER_KEYS = new Set([
  ...['inputTextTokenCount', 'embedding', 'embeddingsByType', 'prompt_token_count', 'generation_token_count'],
  ...['stop_reason', 'id'],
]);

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null;
}

/** base64 strings. */
function readImages(value: unknown, path: Path, out: Collector): void {
  for (const image of itemsOf(value, path)) {
    if (typeof image.value === 'string') out.base64('user', 'document', image.value, undefined, image.path);
    else out.leaves('user', 'text', image.value, image.path);
  }
}

function readTitan(body: JsonObject, out: Collector): boolean {
  if (!('inputTextTokenCount' in body) && !has(body.results, 'outputText') && !isEmbedding(body))
    return false;
  for (const result of itemsOf(body.results, ['results'])) readResult(result, out);
  out.text('tool', 'citation', body.message, ['message']);
  return true;
}

function isEmbedding(body: JsonObject): boolean {
  return Array.isArray(body.embedding) || isObject(body.embeddingsByType);
}

function readLlama(body: JsonObject, out: Collector): boolean {
  if (!('generation' in body)) return false;
  out.text('assistant', 'text', body.generation, ['generation']);
  return true;
}

function readMistral(body: JsonObject, out: Collector): boolean {
  if (!has(body.outputs, 'text')) return false;
  for (const output of itemsOf(body.outputs, ['outputs'])) readResult(output, out);
  return true;
}

function readJurassic(body: JsonObject, out: Collector): boolean {
  if (!has(body.completions, 'data')) return false;
  readTokenized({ value: body.prompt, path: ['prompt'] }, 'tool', 'citation', out);
  for (const { value, path } of itemsOf(body.completions, ['completions'])) {
    if (!isObject(value)) {
      out.leaves('assistant', 'text', value, path);
      continue;
    }
    readTokenized({ value: value.data, path: [...path, 'data'] }, 'assistant', 'text', out);
    out.otherKeys('assistant', 'text', value, new Set(['data', 'finishReason']), path);
  }
  return true;
}

/** A text, and its tokens with their probabilities. */
function readTokenized({ value, path }: Placed, role: Role, kind: SegmentKind, out: Collector): void {
  if (!isObject(value)) {
    out.leaves(role, kind, value, path);
    return;
  }
  const derived = isGiven(value.tokens) ? [{ path: [...path, 'tokens'], json: '[]' }] : [];
  out.deriving(derived, () => {
    out.text(role, kind, value.text, [...path, 'text']);
    out.otherKeys(role, kind, value, new Set(['text', 'tokens']), path);
  });
}

function has(list: unknown, key: string): boolean {
  return Array.isArray(list) && list.some((item) => isObject(item) && key in item);
}

function readResult({ value, path }: Placed, out: Collector): void {
  if (isObject(value)) out.otherKeys('assistant', 'text', value, LABELS, path);
  else out.leaves('assistant', 'text', value, path);
}

const LABELS = new Set(['tokenCount', 'completionReason', 'stop_reason']);
