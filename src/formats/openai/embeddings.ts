/**
 * OpenAI embeddings, and Azure OpenAI's.
 *
 * | side | text | role |
 * |---|---|---|
 * | request | `input`: string or strings (token ids are unreadable) | user |
 * | answer | none: `data[].embedding` is floats, or base64 of floats | |
 *
 * @see https://platform.openai.com/docs/api-reference/embeddings
 */
import type { BodyFormat } from '../format.ts';
import { isObject } from '../segment.ts';
import { CALLER_KEYS, readCaller } from './caller.ts';
import { EMBEDDING_SHAPES } from './embedding-shapes.ts';
import { type Fields, labels, readFields } from './fields.ts';
import { readPrompt } from './prompt.ts';

export const embeddings: BodyFormat = {
  name: 'openai.embeddings',

  shapes: EMBEDDING_SHAPES,

  requestKeys: new Set(['input', ...CALLER_KEYS, 'model', 'dimensions', 'encoding_format', 'input_type']),

  readRequest(body, out) {
    if (!('input' in body)) return false;
    out.model(body.model);
    readCaller(body, out);
    readPrompt(body.input, ['input'], out);
    return true;
  },

  readResponse(body, out) {
    if (!isObject(body) || !Array.isArray(body.data) || !body.data.every(isEmbedding)) return false;
    out.model(body.model);
    for (const [index, item] of body.data.entries()) {
      readFields(item, EMBEDDING, ['data', index], out, { role: 'tool', kind: 'text' });
    }
    readFields(body, ANSWER, [], out, { role: 'tool', kind: 'text' });
    return true;
  },
};

function isEmbedding(item: unknown): boolean {
  return isObject(item) && 'embedding' in item;
}

const EMBEDDING: Fields = labels('embedding', 'index', 'object');

const ANSWER: Fields = labels('data', 'object', 'model', 'usage', 'id', 'created');
