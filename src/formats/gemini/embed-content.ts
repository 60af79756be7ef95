/**
 * Gemini embedContent and batchEmbedContents.
 *
 * | side | text | role, kind |
 * |---|---|---|
 * | request | `content.parts[]`, `requests[].content.parts[]` (content.ts) | user |
 * | | `title`, `embedContentConfig.title` | user, document_title |
 * | answer | nothing: numbers | |
 *
 * @see https://ai.google.dev/api/embeddings
 */
import type { Collector } from '../collector.ts';
import type { BodyFormat } from '../format.ts';
import { itemsOf, type Placed } from '../placed.ts';
import { bothSpellings, named, protoFields } from '../proto-json.ts';
import { isObject } from '../segment.ts';
import { readContent } from './content.ts';
import { readModel } from './generate-content.ts';
import { EMBED_CONTENT_SHAPES } from './shapes.ts';

export const embedContent: BodyFormat = {
  name: 'gemini.embed-content',
  shapes: EMBED_CONTENT_SHAPES,

  requestKeys: bothSpellings([
    ...['content', 'requests', 'title', 'embedContentConfig'],
    ...['model', 'taskType', 'outputDimensionality', 'autoTruncate'],
  ]),

  readRequest(body, out) {
    const whole = { value: body, path: [] };
    const requests = itemsOf(body.requests, ['requests']);
    if (![whole, ...requests].some(hasContent)) return false;
    for (const request of [whole, ...requests]) readInput(request, out);
    return true;
  },

  readResponse(body) {
    if (!isObject(body)) return false;
    return itemsOf(body.embedding ?? body.embeddings, []).some(
      ({ value }) => isObject(value) && Array.isArray(value.values),
    );
  },
};

function hasContent({ value }: Placed): boolean {
  return isObject(value) && isObject(value.content) && 'parts' in value.content;
}

function readInput({ value, path }: Placed, out: Collector): void {
  const fields = protoFields(value, path);
  const settings = named(fields, 'embedContentConfig').flatMap((field) =>
    protoFields(field.value, field.path),
  );
  for (const title of named([...fields, ...settings], 'title')) {
    out.text('user', 'document_title', title.value, title.path);
  }
  for (const field of named(fields, 'content')) readContent(field.value, field.path, out);
  for (const field of named(fields, 'model')) readModel(field.value, out);
  if (path.length === 0) return;
  if (!isObject(value)) out.leaves('user', 'text', value, path);
  for (const field of fields) {
    if (!embedContent.requestKeys.has(field.name)) out.leaves('user', 'text', field.value, field.path);
  }
}
