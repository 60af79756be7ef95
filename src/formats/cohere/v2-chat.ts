/**
 * Cohere Chat, version 2.
 *
 * | side | text | role |
 * |---|---|---|
 * | request | `messages[].tool_plan` | the message's |
 * | | `messages[].content`: string or parts `text`, `thinking`, `document` | the message's |
 * | | `messages[].tool_calls[].function`: `name`, `arguments` | the message's |
 * | | `messages[].citations[]` (documents.ts) | tool |
 * | | `documents[]`: string or `{id, data}` | user |
 * | | `tools[].function` | tool definitions |
 * | | `response_format`: the prose of the schema | system |
 * | answer | `message`: as a message of a request | assistant |
 *
 * The citations and the log probabilities of an answer repeat it: they go when it is changed.
 *
 * @see https://docs.cohere.com/reference/chat
 */
import type { Path } from '../../body/json/edit.ts';
import type { Collector } from '../collector.ts';
import type { BodyFormat } from '../format.ts';
import { itemsOf, type Placed, valuesOf } from '../placed.ts';
import { type Derived, isObject, type Piece, type Role, type SegmentKind } from '../segment.ts';
import { keysOf } from '../shape.ts';
import { claimSpelled } from '../spelled-out.ts';
import { readToolDefinition } from '../tool-definition.ts';
import { citationsDerived, readCitations, readDocuments } from './documents.ts';
import { CHAT_V2_SHAPES } from './shapes.ts';
import { readStream } from './v2-stream.ts';

export const chatV2: BodyFormat = {
  name: 'cohere.v2-chat',
  shapes: CHAT_V2_SHAPES,

  requestKeys: keysOf(CHAT_V2_SHAPES.request),

  readRequest(body, out) {
    if (!Array.isArray(body.messages)) return false;
    out.model(body.model);
    for (const { value: message, path: at } of itemsOf(body.messages, ['messages']))
      readMessage(message, at, out);
    readDocuments('user', 'document', body.documents, ['documents'], out);
    for (const { value: tool, path: at } of itemsOf(body.tools, ['tools'])) readTool(tool, at, out);
    out.descriptions(body.response_format, ['response_format']);
    return true;
  },

  readResponse(body, out) {
    if (!isObject(body) || !isObject(body.message)) return false;
    const logprobs = body.logprobs ? [{ path: ['logprobs'], json: 'null' }] : [];
    readMessage(body.message, ['message'], out, 'assistant', logprobs);
    claimLogprobs(body.logprobs, out);
    out.otherKeys('tool', 'text', body, ANSWER_KEYS, []);
    return true;
  },

  readStream,
};

/** They spell what was just read. */
function claimLogprobs(logprobs: unknown, out: Collector): void {
  if (!logprobs) return;
  const said = out.extraction.segments.map(({ text }) => text).join('');
  claimSpelled(valuesOf(itemsOf(logprobs, ['logprobs']), 'text'), said, out);
}

const ANSWER_KEYS = new Set(['message', 'logprobs', 'id', 'finish_reason', 'usage', 'meta']);

const ROLES = new Map<unknown, Role>([
  ['system', 'system'],
  ['developer', 'system'],
  ['assistant', 'assistant'],
  ['tool', 'tool'],
]);

/** Reading order inside a message: plan, content, tool calls, citations. */
function readMessage(
  message: unknown,
  path: Path,
  out: Collector,
  origin?: Role,
  logprobs: Derived[] = [],
): void {
  if (!isObject(message)) {
    out.leaves('user', 'text', message, path);
    return;
  }
  const role = origin ?? ROLES.get(message.role) ?? 'user';
  const kind = role === 'tool' ? 'tool_result' : 'text';
  const citations = [...path, 'citations'];
  out.deriving([...logprobs, ...citationsDerived(message.citations, citations)], () => {
    out.text(role, 'reasoning', message.tool_plan, [...path, 'tool_plan']);
    readParts(role, kind, itemsOf(message.content, [...path, 'content']), out);
    for (const { value: call, path: at } of itemsOf(message.tool_calls, [...path, 'tool_calls']))
      out.call(() => readCall(role, call, at, out));
  });
  readCitations(message.citations, citations, out);
  out.otherKeys(role, kind, message, MESSAGE_KEYS, path);
}

const MESSAGE_KEYS = new Set(['role', 'content', 'tool_plan', 'tool_calls', 'citations', 'tool_call_id']);

/** Content that is a string is a part like any other; adjacent texts are one. */
function readParts(role: Role, kind: SegmentKind, parts: Placed[], out: Collector): void {
  let run: Piece[] = [];
  const endRun = () => {
    out.parts(role, kind, run);
    run = [];
  };
  for (const part of parts) {
    const texts = textIn(part);
    if (texts.length === 0) {
      endRun();
      readPart(role, kind, part.value, part.path, out);
    } else {
      for (const text of texts) run.push(text);
      if (isObject(part.value)) out.otherKeys(role, kind, part.value, TEXT_KEYS, part.path);
    }
  }
  endRun();
}

const TEXT_KEYS = new Set(['type', 'text']);

function textIn({ value, path }: Placed): Piece[] {
  if (typeof value === 'string') return [{ text: value, path: path }];
  return isObject(value) && typeof value.text === 'string'
    ? [{ text: value.text, path: [...path, 'text'] }]
    : [];
}

function readPart(role: Role, kind: SegmentKind, part: unknown, path: Path, out: Collector): void {
  if (isObject(part)) {
    out.text(role, 'reasoning', part.thinking, [...path, 'thinking']);
    readImage(role, part.image_url, [...path, 'image_url'], out);
    const documentKind = role === 'tool' ? kind : 'document';
    readDocuments(role, documentKind, part.document, [...path, 'document'], out);
  }
  out.otherKeys(role, kind, part, PART_KEYS, path);
}

const PART_KEYS = new Set(['type', 'thinking', 'image_url', 'document']);

function readImage(role: Role, image: unknown, path: Path, out: Collector): void {
  if (isObject(image)) out.url(role, 'document', image.url, [...path, 'url']);
  else if (image) out.url(role, 'document', image, path);
}

function readCall(role: Role, call: unknown, path: Path, out: Collector): void {
  out.otherKeys(role, 'tool_arguments', call, CALL_KEYS, path);
  if (!isObject(call)) return;
  const at = [...path, 'function'];
  out.otherKeys(role, 'tool_arguments', call.function, FUNCTION_KEYS, at);
  if (isObject(call.function)) {
    out.identifier(role, call.function.name, [...at, 'name']);
    out.text(role, 'tool_arguments', call.function.arguments, [...at, 'arguments']);
  }
}

const CALL_KEYS = new Set(['id', 'type', 'function']);
const FUNCTION_KEYS = new Set(['name', 'arguments']);

function readTool(tool: unknown, path: Path, out: Collector): void {
  if (!isObject(tool)) {
    out.leaves('system', 'text', tool, path);
    return;
  }
  const { function: called, ...others } = tool;
  if (isObject(called)) readToolDefinition(called, [...path, 'function'], 'parameters', out);
  else out.leaves('system', 'text', called, [...path, 'function']);
  out.descriptions(others, path);
  out.sentences('system', others, path);
}
