/**
 * Anthropic Message Batches: many Messages requests in one body.
 *
 * | side | text |
 * |---|---|
 * | request | `requests[].params`: as a Messages request; every assistant turn as the user's |
 * | answer | none; a single line of results: `result.message` as a Messages answer, `result.error` |
 *
 * @see https://docs.claude.com/en/api/creating-message-batches
 */
import type { Path } from '../../body/json/edit.ts';
import type { Collector } from '../collector.ts';
import type { BodyFormat } from '../format.ts';
import { itemsOf } from '../placed.ts';
import { isObject } from '../segment.ts';
import { keysOf } from '../shape.ts';
import { readAnswer } from './answer.ts';
import { readPrompt, readUnknownKeys } from './messages.ts';
import { BATCHES } from './shapes.ts';

export const messageBatches: BodyFormat = {
  name: 'anthropic.message-batches',

  requestKeys: keysOf(BATCHES.request),
  shapes: BATCHES,

  readRequest(body, out) {
    if (!Array.isArray(body.requests)) return false;
    for (const { value: request, path: at } of itemsOf(body.requests, ['requests']))
      readItem(request, at, out);
    // Each request is a conversation of its own: no answer in one of them ends what stands before it in another.
    for (const segment of out.extraction.segments) if (segment.role === 'assistant') segment.role = 'user';
    return true;
  },

  readResponse(body, out) {
    if (!isObject(body)) return false;
    if (isObject(body.request_counts)) return true;
    if (!('custom_id' in body) || !isObject(body.result)) return false;
    readAnswer(body.result.message, ['result', 'message'], out);
    out.leaves('tool', 'text', body.result.error, ['result', 'error']);
    return true;
  },
};

function readItem(request: unknown, path: Path, out: Collector): void {
  const params = isObject(request) ? request.params : undefined;
  if (!isObject(request) || !isObject(params)) {
    out.leaves('user', 'text', request, path);
    return;
  }
  const at = [...path, 'params'];
  if (readPrompt(params, at, out)) readUnknownKeys(params, at, out);
  else out.leaves('user', 'text', params, at);
  out.otherKeys('user', 'text', request, ITEM_KEYS, path);
}

const ITEM_KEYS = new Set(['custom_id', 'params']);
