/**
 * Vertex predict: every model has fields of its own under `instances` and `predictions`.
 *
 * | side | text | role |
 * |---|---|---|
 * | request | every string of `instances[]` but labels; `parameters`: `negativePrompt`, sentences | user |
 * | answer | every string of `predictions[]` but labels | assistant |
 * | both | base64 of text types; images and files are opaque | |
 *
 * @see https://cloud.google.com/vertex-ai/docs/reference/rest/v1/projects.locations.endpoints/predict
 */
import type { Path } from '../../body/json/edit.ts';
import type { Collector } from '../collector.ts';
import type { BodyFormat } from '../format.ts';
import { itemsOf } from '../placed.ts';
import { named, protoFields } from '../proto-json.ts';
import { isObject, type Role } from '../segment.ts';
import { keysOf } from '../shape.ts';
import { PREDICT_SHAPES } from './shapes.ts';

export const predict: BodyFormat = {
  name: 'gemini.predict',
  shapes: PREDICT_SHAPES,

  requestKeys: keysOf(PREDICT_SHAPES.request),

  readRequest(body, out) {
    if (typeof body.instances !== 'object' || body.instances === null) return false;
    readFreely(body.instances, ['instances'], 'user', out);
    for (const field of named(protoFields(body.parameters, ['parameters']), 'negativePrompt')) {
      out.text('user', 'text', field.value, field.path);
    }
    out.sentences('user', body.parameters, ['parameters']);
    return true;
  },

  readResponse(body, out) {
    if (!isObject(body) || !Array.isArray(body.predictions)) return false;
    readFreely(body.predictions, ['predictions'], 'assistant', out);
    return true;
  },
};

function readFreely(value: unknown, path: Path, role: Role, out: Collector): void {
  if (typeof value === 'string') out.text(role, 'text', value, path);
  if (Array.isArray(value)) {
    for (const item of itemsOf(value, path)) readFreely(item.value, item.path, role, out);
  }
  const fields = protoFields(value, path);
  const mimeType = named(fields, 'mimeType')[0]?.value;
  for (const field of fields) {
    if (BASE64.has(field.name) && typeof field.value === 'string')
      out.base64(role, 'document', field.value, mimeType, field.path);
    else if (REFERENCES.has(field.name) && typeof field.value === 'string')
      out.url(role, 'document', field.value, field.path);
    else if (!LABELS.has(field.name)) readFreely(field.value, field.path, role, out);
  }
}

const BASE64 = new Set(['bytesBase64Encoded', 'b64']);

const REFERENCES = new Set(['gcsUri', 'fileUri']);

const LABELS = new Set([
  ...['role', 'author', 'taskType', 'mimeType', 'model', 'safetyAttributes', 'safetyRatings'],
  ...['finishReason', 'referenceType', '@requestFormat'],
]);
