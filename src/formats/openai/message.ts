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
  type Speaker,
  text,
  toolArguments,
} from './fields.ts';
import { readAnnotations, readContent, repeatsIn, roleOf, thoughts } from './parts.ts';

export function readMessage(message: unknown, place: Path, out: Collector, role?: Role): void {
  if (!isObject(message)) {
    out.leaves(role ?? 'user', 'text', message, place);
    return;
  }
  const speaker = role ?? roleOf(message.role);
  const kind = speaker === 'tool' ? 'tool_result' : 'text';
  out.deriving(repeatsIn(message, place), () =>
    readFields(message, MESSAGE, place, out, { role: speaker, kind }),
  );
  readAnnotations(message, place, out);
}

function readEach(list: unknown, place: Path, fields: Fields, out: Collector, speaker: Speaker): void {
  for (const item of itemsOf(list, place)) {
    if (isObject(item.value)) readFields(item.value, fields, item.place, out, speaker);
    else out.leaves(speaker.role, speaker.kind, item.value, item.place);
  }
}

/** Reasoning in steps, as OpenRouter and LiteLLM return it; providers check the signatures of what they signed. */
const signedThoughts: Field = (value, place, out, { role }) =>
  readEach(value, place, THOUGHT, out, { role, kind: 'reasoning' });

const signedText: Field = (value, place, out, { role, kind }, { signature }) => {
  const segment = out.text(role, kind, value, place);
  if (segment && signature) segment.bound = 'signature';
};

const THOUGHT: Fields = {
  text: signedText,
  summary: signedText,
  thinking: signedText,
  data: encrypted,
  ...labels('signature', 'type', 'id', 'index', 'format', 'cache_control'),
};

const audio: Field = (value, place, out, speaker) => {
  if (!isObject(value)) {
    out.leaves(speaker.role, speaker.kind, value, place);
    return;
  }
  // An answer's comes with its transcript; an earlier turn's is an id that stands for it.
  if (typeof value.data === 'string')
    out.base64(speaker.role, 'document', value.data, undefined, [...place, 'data']);
  else out.opaque();
  readFields(value, AUDIO, place, out, speaker);
};

export const AUDIO: Fields = { transcript: text, ...labels('id', 'data', 'expires_at') };

const images: Field = (value, place, out, speaker) => {
  for (const image of itemsOf(value, place)) {
    if (isObject(image.value)) readContent(image.value, image.place, out, speaker);
    else media(image.value, image.place, out, speaker, {});
  }
};

/** Names and ids are labels, unless they are prose: OpenAI's have no blanks, other servers' templates print any. */
const participant: Field = (value, place, out, { role }) => {
  if (typeof value === 'string' && /\s/.test(value)) out.text(role, 'label', value, place);
};

const calledFunction: Field = (value, place, out, speaker) => {
  if (isObject(value)) out.call(() => readFields(value, FUNCTION_CALL, place, out, speaker));
  else toolArguments(value, place, out, speaker, {});
};

const FUNCTION_CALL: Fields = { name: called, arguments: toolArguments, input: toolArguments };

const toolCalls: Field = (value, place, out, { role }) =>
  readEach(value, place, TOOL_CALL, out, { role, kind: 'tool_arguments' });

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
