/**
 * Cohere Chat, version 1, also as Bedrock carries it (Command R).
 *
 * | side | text | role |
 * |---|---|---|
 * | request | `preamble` | system |
 * | | `chat_history[]`: `message`, `tool_calls[].parameters`, `tool_results[]` | the turn's; CHATBOT → assistant |
 * | | `documents[]`: objects of free keys | user |
 * | | `message` | user |
 * | | `tool_results[]`: `call.parameters`, `outputs[]` | tool |
 * | | `tools[]` | tool definitions |
 * | | `response_format`: the prose of the schema | system |
 * | answer | `text`, `tool_calls[].parameters` | assistant |
 * | | `citations[]`, `documents[]`, `search_queries[]`, `search_results[]` | tool |
 * | | `chat_history[]`, `prompt`: the answer again, a copy; the rest is the prompt's echo | tool |
 *
 * `conversation_id` stands for turns that are not in the body, `connectors` for what the model finds elsewhere.
 *
 * @see https://docs.cohere.com/v1/reference/chat
 */
import type { Path } from '../../body/json/edit.ts';
import type { Collector } from '../collector.ts';
import type { BodyFormat } from '../format.ts';
import { itemsOf } from '../placed.ts';
import { isObject, type JsonObject, type Role, wordOf } from '../segment.ts';
import { keysOf } from '../shape.ts';
import { readToolDefinition } from '../tool-definition.ts';
import { readDocuments } from './documents.ts';
import { CHAT_V1_SHAPES } from './shapes.ts';
import { readAnswer, readCalls } from './v1-answer.ts';
import { readStream } from './v1-stream.ts';

export const chatV1: BodyFormat = {
  name: 'cohere.v1-chat',
  shapes: CHAT_V1_SHAPES,

  requestKeys: keysOf(CHAT_V1_SHAPES.request),

  readRequest(body, out) {
    if (!('message' in body) && !Array.isArray(body.chat_history)) return false;
    out.model(body.model);
    out.text('system', 'text', body.preamble, ['preamble']);
    readTurns(body.chat_history, ['chat_history'], out);
    readDocuments('user', 'document', body.documents, ['documents'], out);
    out.text('user', 'text', body.message, ['message']);
    readResults(body.tool_results, ['tool_results'], out);
    for (const { value: tool, path: at } of itemsOf(body.tools, ['tools'])) readTool(tool, at, out);
    out.descriptions(body.response_format, ['response_format']);
    if (body.conversation_id) out.reference(['conversation_id']);
    for (const { path } of itemsOf(body.connectors, ['connectors'])) out.reference(path);
    return true;
  },

  readResponse(body, out) {
    if (!isObject(body) || !isAnswer(body)) return false;
    readAnswer(body, [], new Map(), out);
    // A single event that is not labelled as a stream.
    for (const key of ['response', 'tool_call_delta']) out.leaves('assistant', 'text', body[key], [key]);
    return true;
  },

  readStream,
};

function isAnswer(body: JsonObject): boolean {
  return typeof body.text === 'string' || Array.isArray(body.chat_history) || 'generation_id' in body;
}

const ROLES = new Map<unknown, Role>([
  ['system', 'system'],
  ['chatbot', 'assistant'],
  ['tool', 'tool'],
]);

function readTurns(turns: unknown, path: Path, out: Collector): void {
  for (const { value: turn, path: at } of itemsOf(turns, path)) {
    const role = ROLES.get(isObject(turn) ? wordOf(turn.role).toLowerCase() : '') ?? 'user';
    out.otherKeys(role, 'text', turn, TURN_KEYS, at);
    if (!isObject(turn)) continue;
    readCalls(turn.tool_calls, [...at, 'tool_calls'], role, out);
    readResults(turn.tool_results, [...at, 'tool_results'], out);
  }
}

const TURN_KEYS = new Set(['role', 'user_name', 'generation_id', 'tool_calls', 'tool_results']);

/** A result repeats the call that it answers: those are the caller's words, not a turn of the assistant. */
function readResults(results: unknown, path: Path, out: Collector): void {
  for (const { value: result, path: at } of itemsOf(results, path)) {
    if (isObject(result)) readCalls(result.call, [...at, 'call'], 'tool', out);
    out.otherKeys('tool', 'tool_result', result, RESULT_KEYS, at);
  }
}

const RESULT_KEYS = new Set(['call']);

function readTool(tool: unknown, path: Path, out: Collector): void {
  if (isObject(tool)) readToolDefinition(tool, path, 'parameter_definitions', out);
  else out.leaves('system', 'text', tool, path);
}
