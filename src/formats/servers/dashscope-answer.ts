/** What DashScope answers, whole or in an event of a stream: one `output`, whose members depend on the service. */
import type { Path } from '../../body/json/edit.ts';
import type { Collector } from '../collector.ts';
import { CHOICE as CHAT_CHOICE } from '../openai/answer-fields.ts';
import {
  called,
  citations,
  type Field,
  type Fields,
  labels,
  media,
  readFields,
  text,
  toolArguments,
} from '../openai/fields.ts';
import { thoughts as reasoning } from '../openai/parts.ts';
import { itemsOf } from '../placed.ts';
import { type Derived, isObject, type JsonObject } from '../segment.ts';
import { answered } from './dashscope-message.ts';

export type DashScopeAnswer = JsonObject & { output: JsonObject };

/** Bedrock's answers have an `output` too. */
export function isAnswer(value: unknown): value is DashScopeAnswer {
  if (!isObject(value) || !isObject(value.output)) return false;
  return 'request_id' in value || Array.isArray(value.output.choices);
}

export function readAnswer({ output }: DashScopeAnswer, path: Path, out: Collector): void {
  const at = [...path, 'output'];
  out.deriving(spokenIn(output, at), () =>
    readFields(output, OUTPUT, at, out, { role: 'assistant', kind: 'text' }),
  );
}

/** Audio says the text aloud, in base64 or at an address. */
function spokenIn({ audio }: JsonObject, path: Path): Derived[] {
  if (!isObject(audio)) return [];
  return ['data', 'url']
    .filter((key) => audio[key])
    .map((key) => ({ path: [...path, 'audio', key], json: '""' }));
}

const eachOf =
  (fields: Fields): Field =>
  (value, path, out, origin) => {
    for (const item of itemsOf(value, path)) {
      if (isObject(item.value)) readFields(item.value, fields, item.path, out, origin);
      else out.leaves(origin.role, origin.kind, item.value, item.path);
    }
  };

const CHOICE: Fields = { ...CHAT_CHOICE, message: answered };

/** Log probabilities spell the tokens out. */
const choices: Field = (value, path, out, origin) => {
  for (const choice of itemsOf(value, path)) {
    const isSpelled = isObject(choice.value) && choice.value.logprobs;
    const repeats = isSpelled ? [{ path: [...choice.path, 'logprobs'], json: 'null' }] : [];
    out.deriving(repeats, () => eachOf(CHOICE)(choice.value, choice.path, out, origin, {}));
  }
};

/** What an application thinks, asks its tools, and is told by them. */
const thoughts: Field = (value, path, out, origin) => {
  for (const thought of itemsOf(value, path))
    out.call(() => eachOf(THOUGHT)(thought.value, thought.path, out, origin, {}));
};

const THOUGHT: Fields = {
  thought: reasoning,
  action_name: called,
  action: called,
  action_input_stream: toolArguments,
  action_input: (value, path, out, { role }) => out.leaves(role, 'tool_arguments', value, path),
  observation: (value, path, out) => out.text('tool', 'tool_result', value, path),
  response: text,
  ...labels('action_type'),
};

const given: Field = (value, path, out, origin, owner) => {
  if (value !== '') media(value, path, out, origin, owner);
};

const AUDIO: Fields = { data: given, url: given, ...labels('id', 'expires_at') };

/** What a task made. */
const MADE: Fields = { video_url: given, image_url: given, orig_prompt: text, actual_prompt: text };

/** One of several: a picture, a transcript, or a rank. */
const RESULT: Fields = {
  ...MADE,
  document: citations,
  url: given,
  file_url: given,
  transcription_url: given,
  ...labels('index', 'relevance_score', 'subtask_status'),
};

const OUTPUT: Fields = {
  thoughts,
  text,
  message: answered,
  choices,
  audio: eachOf(AUDIO),
  search_info: citations,
  doc_references: citations,
  results: eachOf(RESULT),
  ...MADE,
  ...labels('finish_reason', 'session_id', 'embeddings', 'task_id', 'task_status', 'reject_status'),
  ...labels('submit_time', 'scheduled_time', 'end_time', 'task_metrics'),
};
