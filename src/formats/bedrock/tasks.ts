/**
 * Models of Bedrock's InvokeModel that make images or numbers of texts.
 *
 * | family | request | answer |
 * |---|---|---|
 * | Amazon Nova Canvas, Titan Image, Nova embeddings | under `…Params`: every string but settings | `error` |
 * | Stability | `text_prompts[].text`; `prompt`, `negative_prompt` | nothing |
 * | Cohere Embed | `texts[]`, `inputs[].content[].text` | `texts[]`, an echo |
 * | Cohere and Amazon Rerank | `query`, `documents[]` | nothing |
 * | all | images are opaque, base64 or URL | images, numbers |
 *
 * @see https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters.html
 */
import type { Path } from '../../body/json/edit.ts';
import type { Collector } from '../collector.ts';
import type { BodyFormat } from '../format.ts';
import { fieldsOf, itemsOf } from '../placed.ts';
import { isObject, type JsonObject, type SegmentKind } from '../segment.ts';
import { keysOf } from '../shape.ts';
import { TASKS } from './model-shapes.ts';

export const tasks: BodyFormat = {
  name: 'bedrock.tasks',

  requestKeys: keysOf(TASKS.request),
  shapes: TASKS,

  readRequest(body, out) {
    if (!isTask(body)) return false;
    for (const { name, value, path } of fieldsOf(body, [])) {
      if (isPrompt(name)) readFreely(value, path, name === 'documents' ? 'document' : 'text', out);
    }
    return true;
  },

  readResponse(body, out) {
    if (!isObject(body) || !isResult(body)) return false;
    for (const { value, path } of itemsOf(body.images, ['images']))
      out.base64('assistant', 'document', value, undefined, path);
    for (const { value, path } of itemsOf(body.artifacts, ['artifacts'])) {
      const image = isObject(value) ? value.base64 : undefined;
      out.base64('assistant', 'document', image, undefined, [...path, 'base64']);
    }
    if (body.maskImage) out.base64('assistant', 'document', body.maskImage, undefined, ['maskImage']);
    out.leaves('tool', 'citation', body.texts, ['texts']);
    out.text('tool', 'citation', body.error, ['error']);
    out.otherKeys('tool', 'text', body, ANSWER_KEYS, []);
    return true;
  },
};

const ANSWER_KEYS = new Set([
  ...['texts', 'error', 'images', 'artifacts', 'embeddings', 'results'],
  ...['id', 'response_type', 'result', 'seeds', 'finish_reasons', 'maskImage'],
]);

const PROMPTS = new Set([
  'prompt',
  ...['text_prompts', 'negative_prompt', 'texts', 'inputs', 'query', 'documents'],
  ...['image', 'init_image', 'mask_image', 'images'],
]);

function isPrompt(name: string): boolean {
  return PROMPTS.has(name) || name.endsWith('Params');
}

function isTask(body: JsonObject): boolean {
  return (
    typeof body.taskType === 'string' ||
    Array.isArray(body.text_prompts) ||
    typeof body.input_type === 'string' ||
    ('prompt' in body && STABILITY.some((key) => key in body)) ||
    (typeof body.query === 'string' && Array.isArray(body.documents))
  );
}

/** A prompt alone can be anybody's. */
const STABILITY = ['negative_prompt', 'image', 'mode', 'aspect_ratio', 'output_format', 'style_preset'];

/** Images, embeddings, or ranks. */
function isResult(body: JsonObject): boolean {
  const [result] = itemsOf(body.results, []);
  return (
    Array.isArray(body.images) ||
    Array.isArray(body.artifacts) ||
    typeof body.embeddings === 'object' ||
    (isObject(result?.value) && 'relevance_score' in result.value)
  );
}

function readFreely(value: unknown, path: Path, kind: SegmentKind, out: Collector): void {
  if (typeof value === 'string') {
    if (MEDIA.has(String(path.findLast((step) => typeof step === 'string'))))
      out.url('user', kind, value, path);
    else out.text('user', kind, value, path);
  }
  if (Array.isArray(value)) {
    for (const item of itemsOf(value, path)) readFreely(item.value, item.path, kind, out);
  }
  if (!isObject(value)) return;
  for (const field of fieldsOf(value, path)) {
    if (!SETTINGS.has(field.name)) readFreely(field.value, field.path, kind, out);
  }
}

/** Keys of base64 and of addresses. */
const MEDIA = new Set([
  ...['image', 'images', 'init_image', 'mask_image', 'maskImage', 'sourceImage', 'referenceImage'],
  ...['conditionImage', 'bytes', 'uri', 'url', 'image_url'],
]);

const SETTINGS = new Set([
  ...['type', 'format', 'truncationMode', 'embeddingPurpose', 'embeddingMode', 'detailLevel', 'bucketOwner'],
  ...['controlMode', 'outPaintingMode', 'maskType', 'maskShape', 'garmentClass', 'mergeStyle', 'colors'],
]);
