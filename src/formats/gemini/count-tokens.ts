/**
 * Gemini and Vertex countTokens: the prompt of another call, so that its length is known.
 *
 * | side | text |
 * |---|---|
 * | request | as generateContent, at the top level or under `generateContentRequest`; `instances` as predict |
 * | answer | nothing: numbers |
 *
 * @see https://ai.google.dev/api/tokens
 */
import type { BodyFormat } from '../format.ts';
import { named, protoFields } from '../proto-json.ts';
import { isObject } from '../segment.ts';
import { keysOf } from '../shape.ts';
import { generateContent, isPrompt, readPrompt } from './generate-content.ts';
import { predict } from './predict.ts';
import { COUNT_TOKENS_SHAPES } from './shapes.ts';

export const countTokens: BodyFormat = {
  name: 'gemini.count-tokens',
  shapes: COUNT_TOKENS_SHAPES,

  requestKeys: keysOf(COUNT_TOKENS_SHAPES.request),

  readRequest(body, out) {
    const nested = named(protoFields(body, []), 'generateContentRequest').filter(({ value }) =>
      isPrompt(value),
    );
    for (const { value, path } of nested) {
      readPrompt(value, path, out);
      for (const field of protoFields(value, path)) {
        if (!generateContent.requestKeys.has(field.name)) out.leaves('user', 'text', field.value, field.path);
      }
    }
    const isTop = generateContent.readRequest(body, out);
    const isInstances = predict.readRequest(body, out);
    return nested.length > 0 || isTop || isInstances;
  },

  readResponse(body) {
    return isObject(body) && typeof body.totalTokens === 'number';
  },
};
