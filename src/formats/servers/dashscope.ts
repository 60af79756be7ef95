/**
 * DashScope, the own API of Alibaba's Model Studio: generation, applications, vectors and ranks.
 *
 * | side | text | role | opaque |
 * |---|---|---|---|
 * | request | `input.messages[]`: as in chat completions; parts have no type: `text`, … | the message's | `image`, `audio`, `video`, `file` |
 * | | `input.prompt`, `texts`, `query`, `documents`, `contents`, `history[].user` | user | `image_list`, `file_list` |
 * | | `input.history[].bot` | assistant | `session_id`, `memory_id` |
 * | | `parameters`: `tools`; `instruct`, prose of `response_format` | tool definitions; system | `rag_options` |
 * | answer | `output.text`, `output.choices[].message`, `output.thoughts[]` | assistant | `audio` |
 * | | `search_info`, `doc_references[]`, `results[]`, what tools told the application | tool | |
 * | stream | dashscope-stream.ts | | |
 *
 * Log probabilities and audio repeat the text: they go when it changes. An `input` that the client has encrypted is
 * base64, and no other string is one.
 *
 * @see https://www.alibabacloud.com/help/en/model-studio/qwen-api-via-dashscope
 * @see https://github.com/dashscope/dashscope-sdk-python
 */
import { isBareBase64 } from '../data-url.ts';
import type { BodyFormat } from '../format.ts';
import { type Field, type Fields, labels, readFields, schemaProse, text } from '../openai/fields.ts';
import { readTools } from '../openai/tools.ts';
import { itemsOf } from '../placed.ts';
import { isObject, type Role } from '../segment.ts';
import { keysOf } from '../shape.ts';
import { isAnswer, readAnswer } from './dashscope-answer.ts';
import { mediaList, messages, parts } from './dashscope-message.ts';
import { DASHSCOPE_SHAPES, SETTINGS } from './dashscope-shapes.ts';
import { readDashScopeStream } from './dashscope-stream.ts';

export const dashscope: BodyFormat = {
  name: 'dashscope.generation',
  shapes: DASHSCOPE_SHAPES,

  requestKeys: keysOf(DASHSCOPE_SHAPES.request),

  readRequest({ model, input, parameters }, out) {
    if (isEncrypted(input)) {
      out.unreadable('not_readable', ['input']);
      return true;
    }
    if (!isObject(input) || !INPUTS.some((key) => key in input)) return false;
    out.model(model);
    readFields(input, INPUT, ['input'], out, { role: 'user', kind: 'text' });
    if (isObject(parameters))
      readFields(parameters, PARAMETERS, ['parameters'], out, { role: 'system', kind: 'text' });
    return true;
  },

  readResponse(body, out) {
    if (!isAnswer(body)) return false;
    readAnswer(body, [], out);
    return true;
  },

  readStream: readDashScopeStream,
};

function isEncrypted(input: unknown): boolean {
  return typeof input === 'string' && !/\s/.test(input) && isBareBase64(input);
}

const INPUTS = ['messages', 'prompt', 'history', 'texts', 'query', 'documents', 'contents'];

/** What the application knows, or remembers, that is not in the body. */
const references: Field = (value, path, out) => {
  for (const item of itemsOf(value, path)) if (item.value !== '') out.reference(item.path);
};

/** Turns in pairs. */
const history: Field = (value, path, out, origin) => {
  for (const turn of itemsOf(value, path)) {
    if (isObject(turn.value)) readFields(turn.value, PAIR, turn.path, out, origin);
    else out.leaves(origin.role, origin.kind, turn.value, turn.path);
  }
};

const saidBy =
  (role: Role): Field =>
  (value, path, out) =>
    out.text(role, 'text', value, path);

const PAIR: Fields = { user: saidBy('user'), bot: saidBy('assistant') };

const INPUT: Fields = {
  messages,
  history,
  prompt: parts,
  texts: parts,
  query: parts,
  documents: parts,
  contents: parts,
  image_list: mediaList,
  file_list: mediaList,
  session_id: references,
  memory_id: references,
  ...labels('doc_reference_type', 'doc_tag_codes', 'customized_model_id'),
};

const PARAMETERS: Fields = {
  ...labels(...keysOf(SETTINGS)),
  tools: (value, path, out) => readTools(value, path, out, 'offered'),
  response_format: schemaProse,
  instruct: text,
  rag_options: references,
};
