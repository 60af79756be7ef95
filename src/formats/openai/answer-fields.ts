/** What an answer of chat completions has beside its messages; the chunks of a streamed one have the same. */
import { isObject, type JsonObject } from '../segment.ts';
import { citations, type Fields, labels } from './fields.ts';
import { readMessage } from './message.ts';
import { moderation } from './moderation.ts';

export const CHOICE: Fields = {
  message: (value, path, out) => readMessage(value, path, out, 'assistant'),
  content_filter_results: citations,
  content_filter_result: citations,
  ...labels('index', 'finish_reason', 'native_finish_reason', 'stop_reason', 'logprobs', 'token_ids'),
};

/** Whether this is an answer, or a chunk of one; some servers say null where they have no choice to give. */
export function hasChoices(body: unknown): body is JsonObject & { choices: unknown[] | null } {
  return isObject(body) && (body.choices === null || Array.isArray(body.choices));
}

/** Besides the choices: what a search found, what a filter says. */
export const ANSWER: Fields = {
  prompt_filter_results: citations,
  moderation,
  error: citations,
  ...labels('choices', 'id', 'object', 'created', 'model', 'usage', 'system_fingerprint', 'service_tier'),
  ...labels('provider', 'prompt_logprobs', 'prompt_token_ids'),
};
