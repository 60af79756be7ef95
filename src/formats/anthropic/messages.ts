/**
 * Anthropic Messages, also as Vertex and Bedrock carry them (`anthropic_version` in the body), and the counting of
 * their tokens.
 *
 * | side | text | role |
 * |---|---|---|
 * | request | `system`: string or blocks | system |
 * | | `messages[].content`: string or blocks (content.ts); in a user's turn, tool results → tool | the message's |
 * | | `tools[]` (tools.ts) | tool definitions |
 * | | `output_config.format`, `output_format`: the prose of the schema | system |
 * | | `context_management`, `compaction`: `instructions` | system |
 * | | `fallbacks[]`: what replaces any of these | system |
 * | answer | `content`: string or blocks | assistant |
 * | | `stop_details.explanation` | assistant |
 *
 * `container`, `thread` and `mcp_servers` stand for text that is not in the body. What is no text at all, shapes.ts says.
 *
 * @see https://docs.claude.com/en/api/messages
 */
import type { Path } from '../../body/json/edit.ts';
import type { Collector } from '../collector.ts';
import type { BodyFormat } from '../format.ts';
import { itemsOf } from '../placed.ts';
import { isObject, type JsonObject } from '../segment.ts';
import { keysOf } from '../shape.ts';
import { readAnswer, readContainer } from './answer.ts';
import { ASSISTANT, readContent, readOthers, SYSTEM, type TextOrigin } from './content.ts';
import { MESSAGES } from './shapes.ts';
import { readStream } from './stream.ts';
import { readTools } from './tools.ts';

const REQUEST_KEYS = keysOf(MESSAGES.request);

export const messages: BodyFormat = {
  name: 'anthropic.messages',
  requestKeys: REQUEST_KEYS,
  shapes: MESSAGES,
  readRequest: (body, out) => readPrompt(body, [], out),
  readResponse: (body, out) => readAnswer(body, [], out) || readTokenCount(body, out),
  readStream,
};

/** @param path of the request in the body: a batch holds many */
export function readPrompt(body: JsonObject, path: Path, out: Collector): boolean {
  if (!Array.isArray(body.messages)) return false;
  out.model(body.model);
  readContent(body.system, [...path, 'system'], SYSTEM, out);
  for (const { value: message, path: at } of itemsOf(body.messages, [...path, 'messages']))
    readMessage(message, at, out);
  readTools(body.tools, [...path, 'tools'], out);
  readSettings(body, path, out);
  return true;
}

/** What else stands in a request that is no top-level key of a body. */
export function readUnknownKeys(request: JsonObject, path: Path, out: Collector): void {
  out.otherKeys('user', 'text', request, REQUEST_KEYS, path);
}

const SPEAKERS = new Map<unknown, TextOrigin>([
  ['system', SYSTEM],
  ['assistant', ASSISTANT],
]);

function readMessage(message: unknown, path: Path, out: Collector): void {
  if (!isObject(message)) {
    out.leaves('user', 'text', message, path);
    return;
  }
  const origin = SPEAKERS.get(message.role) ?? { role: 'user', kind: 'text' };
  readContent(message.content, [...path, 'content'], origin, out);
  readOthers(message, ['role', 'content', 'clear_at', 'output_config'], path, origin, out);
}

function readSettings(body: JsonObject, path: Path, out: Collector): void {
  for (const key of ['output_config', 'output_format']) out.descriptions(body[key], [...path, key]);
  for (const key of ['context_management', 'compaction']) {
    const setting = body[key];
    if (isObject(setting)) readOthers(setting, [], [...path, key], SYSTEM, out);
    else out.leaves('system', 'text', setting, [...path, key]);
  }
  // A string names a ready-made list of fallbacks.
  if (typeof body.fallbacks !== 'string') readFallbacks(body.fallbacks, [...path, 'fallbacks'], out);
  readReferences(body, out);
}

function readFallbacks(fallbacks: unknown, path: Path, out: Collector): void {
  for (const { value: fallback, path: at } of itemsOf(fallbacks, path)) {
    if (!isObject(fallback)) {
      out.leaves('system', 'text', fallback, at);
      continue;
    }
    out.descriptions(fallback.output_config, [...at, 'output_config']);
    readOthers(fallback, ['output_config', 'speed', 'thinking'], at, SYSTEM, out);
  }
}

/** A container keeps files and skills, a thread earlier turns, and a server has tools that nobody here sees. */
function readReferences({ container, thread, mcp_servers }: JsonObject, out: Collector): void {
  readContainer(container, ['container'], out);
  if (isObject(thread) && 'previous_message_id' in thread) out.reference(['thread', 'previous_message_id']);
  for (const { path } of itemsOf(mcp_servers, ['mcp_servers'])) out.reference(path);
}

const COUNT_KEYS = new Set(['input_tokens', 'context_management']);

function readTokenCount(body: unknown, out: Collector): boolean {
  if (!isObject(body) || typeof body.input_tokens !== 'number') return false;
  out.otherKeys('tool', 'text', body, COUNT_KEYS, []);
  return true;
}
