/** OpenAI's scores for the prompt and the answer. Only the error that stands in their place is prose. */

import { isObject } from '../segment.ts';
import { type Field, type Fields, labels, readFields } from './fields.ts';

export const moderation: Field = (value, place, out, speaker) => {
  for (const [side, result] of isObject(value) ? Object.entries(value) : []) {
    if (isObject(result)) readFields(result, RESULT, [...place, side], out, speaker);
    else out.leaves(speaker.role, speaker.kind, result, [...place, side]);
  }
  if (!isObject(value)) out.leaves(speaker.role, speaker.kind, value, place);
};

const RESULT: Fields = labels(
  ...['type', 'code', 'model', 'results', 'flagged'],
  ...['categories', 'category_scores', 'category_applied_input_types'],
);
