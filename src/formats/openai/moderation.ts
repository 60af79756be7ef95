/** OpenAI's scores for the prompt and the answer. Only the error that stands in their place is prose. */

import { isObject } from '../segment.ts';
import { type Field, type Fields, labels, readFields } from './fields.ts';

export const moderation: Field = (value, path, out, origin) => {
  for (const [side, result] of isObject(value) ? Object.entries(value) : []) {
    if (isObject(result)) readFields(result, RESULT, [...path, side], out, origin);
    else out.leaves(origin.role, origin.kind, result, [...path, side]);
  }
  if (!isObject(value)) out.leaves(origin.role, origin.kind, value, path);
};

const RESULT: Fields = labels(
  ...['type', 'code', 'model', 'results', 'flagged'],
  ...['categories', 'category_scores', 'category_applied_input_types'],
);
