/**
 * Anthropic Text Completions (legacy), also as Bedrock carries them.
 *
 * | side | text | role |
 * |---|---|---|
 * | request | `prompt`: the whole conversation in one string | user |
 * | answer | `completion`; of a stream, a piece of it in every event | assistant |
 *
 * @see https://docs.claude.com/en/api/complete
 */

import { DeltaTexts } from '../delta-texts.ts';
import type { BodyFormat } from '../format.ts';
import { isObject } from '../segment.ts';
import { keysOf } from '../shape.ts';
import { COMPLETE } from './shapes.ts';

export const complete: BodyFormat = {
  name: 'anthropic.complete',

  requestKeys: keysOf(COMPLETE.request),
  shapes: COMPLETE,

  readRequest(body, out) {
    if (!('prompt' in body)) return false;
    out.model(body.model);
    out.text('user', 'text', body.prompt, ['prompt']);
    return true;
  },

  readResponse(body, out) {
    if (!isObject(body) || !('completion' in body)) return false;
    out.model(body.model);
    out.text('assistant', 'text', body.completion, ['completion']);
    out.otherKeys('tool', 'text', body, ANSWER_KEYS, []);
    return true;
  },

  readStream(events, out) {
    if (!events.some(({ value }) => isObject(value) && 'completion' in value)) return false;
    const texts = new DeltaTexts();
    events.forEach(({ value }, number) => {
      if (isObject(value))
        texts.add('completion', 'assistant', 'text', value.completion, [number, 'completion']);
      texts.note((to) => to.otherKeys('tool', 'text', value, ANSWER_KEYS, [number]));
    });
    texts.read(out);
    return true;
  },
};

const ANSWER_KEYS = new Set(['completion', 'type', 'id', 'model', 'stop_reason', 'stop', 'log_id']);
