/**
 * A message of chat completions: a turn of a request, an answer's choice, or what one chunk of a stream adds to it.
 *
 * @see https://platform.openai.com/docs/api-reference/chat/object
 */
import type { Path } from '../../body/json/edit.ts';
import type { Collector } from '../collector.ts';
import { itemsOf } from '../placed.ts';
import { isObject, type Role } from '../segment.ts';
import {
  called,
  citations,
  encrypted,
  type Field,
  type Fields,
  labels,
  media,
  readFields,
  refusal,
  type TextOrigin,
  text,
  toolArguments,
} from './fields.ts';
import { readAnnotations, readContent, repeatsIn, roleOf, thoughts } from './parts.ts';

/** @param fields what it has in an API that is like this one */
export function readMessage(
  message: unknown,
  path: Path,
  out: Collector,
  role?: Role,
  fields: Fields = MESSAGE,
): void {
  if (!isObject(message)) {
    out.leaves(role ?? 'user', 'text', message, path);
    return;
  }
  const origin = role ?? roleOf(message.role);
  const kind = origin === 'tool' ? 'tool_result' : 'text';
  out.deriving(repeatsIn(message, path), () =>
    readFields(message, fields, path, out, { role: origin, kind }),
  );
  readAnnotations(message, path, out);
}

function readEach(list: unknown, path: Path, fields: Fields, out: Collector, origin: TextOrigin): void {
  for (const item of itemsOf(list, path)) {
    if (isObject(item.value)) readFields(item.value, fields, item.path, out, origin);
    else out.leaves(origin.role, origin.kind, item.value, item.path);
  }
}

/** Reasoning in steps, as OpenRouter and LiteLLM return it; providers check the signatures of what they signed. */
const signedThoughts: Field = (value, path, out, { role }) =>
  readEach(value, path, THOUGHT, out, { role, kind: 'reasoning' });

const signedText: Field = (value, path, out, { role, kind }, { signature }) => {
  const segment = out.text(role, kind, value, path);
  if (segment && signature) segment.immutableBecause = 'signature';
};

const THOUGHT: Fields = {
  text: signedText,
  summary: signedText,
  thinking: signedText,
  data: encrypted,
  ...labels('signature', 'type', 'id', 'index', 'format', 'cache_control'),
};

const audio: Field = (value, path, out, origin) => {
  if (!isObject(value)) {
    out.leaves(origin.role, origin.kind, value, path);
    return;
  }
  // An answer's comes with its transcript; an earlier turn's is an id that stands for it.
  if (typeof value.data === 'string')
    out.base64(origin.role, 'document', value.data, undefined, [...path, 'data']);
  else out.reference([...path, 'id']);
  readFields(value, AUDIO, path, out, origin);
};

export const AUDIO: Fields = { transcript: text, ...labels('id', 'data', 'expires_at') };

const images: Field = (value, path, out, origin) => {
  for (const image of itemsOf(value, path)) {
    if (isObject(image.value)) readContent(image.value, image.path, out, origin);
    else media(image.value, image.path, out, origin, {});
  }
};

/** Names and ids are labels, unless they are prose: OpenAI's have no blanks, other servers' templates print any. */
const participant: Field = (value, path, out, { role }) => {
  if (typeof value === 'string' && /\s/.test(value)) out.text(role, 'label', value, path);
};

const calledFunction: Field = (value, path, out, origin) => {
  if (isObject(value)) out.call(() => readFields(value, FUNCTION_CALL, path, out, origin));
  else toolArguments(value, path, out, origin, {});
};

const FUNCTION_CALL: Fields = { name: called, arguments: toolArguments, input: toolArguments };

const toolCalls: Field = (value, path, out, { role }) =>
  readEach(value, path, TOOL_CALL, out, { role, kind: 'tool_arguments' });

/** Gemini's signatures stand in `extra_content`. */
const TOOL_CALL: Fields = {
  function: calledFunction,
  custom: calledFunction,
  ...labels('id', 'type', 'index', 'extra_content'),
};

export const MESSAGE: Fields = {
  name: participant,
  role: participant,
  tool_call_id: participant,
  tool_name: participant,
  reasoning_content: thoughts,
  reasoning: thoughts,
  reasoning_details: signedThoughts,
  thinking: thoughts,
  thinking_blocks: signedThoughts,
  content: readContent,
  refusal,
  tool_calls: toolCalls,
  function_call: calledFunction,
  audio,
  images,
  context: citations,
  ...labels('annotations'),
};
