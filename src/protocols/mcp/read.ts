/**
 * Where the text of a message stands that a model or a person reads as such. All other leaves are accounted for as text as
 * well, unless a shape excuses them.
 */
import type { Path } from '../../body/json/edit.ts';
import type { Collector } from '../../formats/collector.ts';
import { itemsOf, type Placed } from '../../formats/placed.ts';
import { isObject, type JsonObject, type Role } from '../../formats/segment.ts';
import { readToolDefinition } from '../../formats/tool-definition.ts';
import { ITEM } from './shapes.ts';

/** The parameters of a request or a notification. */
export function readParams(method: string, params: unknown, path: Path, out: Collector): void {
  if (!isObject(params)) return;
  if (method === 'tools/call') readCall(params, path, out);
  else readBody(params, path, out);
}

/** @param role whose words the texts of content are that names no role */
export function readResult(result: unknown, path: Path, role: Role, out: Collector): void {
  if (!isObject(result)) return;
  out.model(result.model);
  readBody(result, path, out, role);
}

/** The name of a tool and its arguments are one call. */
function readCall({ name, arguments: args, ...others }: JsonObject, path: Path, out: Collector): void {
  out.call(() => {
    out.identifier('user', name, [...path, 'name']);
    out.leaves('user', 'tool_arguments', args, [...path, 'arguments']);
  });
  readBody(others, path, out);
}

function readBody(body: JsonObject, path: Path, out: Collector, role: Role = 'user'): void {
  const { tools, messages, content, contents, structuredContent, inputRequests, inputResponses } = body;
  for (const tool of itemsOf(tools, [...path, 'tools'])) readTool(tool, out);
  for (const [key, member] of [
    ['instructions', body.instructions],
    ['systemPrompt', body.systemPrompt],
  ] as const)
    if (typeof member === 'string') out.text('system', 'text', member, [...path, key]);
  for (const { value, path: at } of itemsOf(messages, [...path, 'messages'])) {
    if (!isObject(value)) continue;
    readContents(value.content, [...at, 'content'], value.role === 'assistant' ? 'assistant' : 'user', out);
  }
  readContents(content, [...path, 'content'], role, out);
  for (const { value, path: at } of itemsOf(contents, [...path, 'contents'])) readResource(value, at, out);
  out.leaves(role, 'tool_result', structuredContent, [...path, 'structuredContent']);
  for (const [key, inputs] of [
    ['inputRequests', inputRequests],
    ['inputResponses', inputResponses],
  ] as const)
    readInputs(inputs, [...path, key], out);
}

function readTool({ value, path }: Placed, out: Collector): void {
  if (!isObject(value)) return;
  readToolDefinition(value, path, 'inputSchema', out);
  // By itself, so that what is said of one tool is no text of another's.
  out.account('user', value, ITEM, path);
  out.claim(path);
}

/** Requests of the server's to the client within a result, and the client's answers within the next request. */
function readInputs(inputs: unknown, path: Path, out: Collector): void {
  if (!isObject(inputs)) return;
  for (const [key, value] of Object.entries(inputs)) {
    if (!isObject(value)) continue;
    const at = [...path, key];
    readParams(String(value.method), value.params, [...at, 'params'], out);
    readResult(value.result, [...at, 'result'], 'user', out);
    readBody(value, at, out);
  }
}

/** Blocks, or one block. What is none, such as an answer to a form, is left to the account. */
function readContents(content: unknown, path: Path, role: Role, out: Collector): void {
  for (const { value, path: at } of itemsOf(content, path)) readBlock(value, at, role, out);
}

function readBlock(block: unknown, path: Path, role: Role, out: Collector): void {
  if (!isObject(block)) return;
  const { type, text, data, mimeType, resource, content, structuredContent, input } = block;
  if (typeof text === 'string') out.text(role, kindOf(role), text, [...path, 'text']);
  if (type === 'image' || type === 'audio') readMedia(data, mimeType, [...path, 'data'], out);
  readResource(resource, [...path, 'resource'], out);
  if (type === 'tool_use') out.leaves(role, 'tool_arguments', input, [...path, 'input']);
  readContents(content, [...path, 'content'], role, out);
  out.leaves(role, 'tool_result', structuredContent, [...path, 'structuredContent']);
}

/** A text, or the bytes of a file: those say themselves whether they are a text. */
function readResource(resource: unknown, path: Path, out: Collector): void {
  if (!isObject(resource)) return;
  const { text, blob, mimeType } = resource;
  if (typeof text === 'string') out.text('tool', 'document', text, [...path, 'text']);
  if (blob !== undefined) out.base64('tool', 'document', blob, mimeType, [...path, 'blob']);
}

/** What calls itself a picture and is a text is read as one. */
function readMedia(data: unknown, mimeType: unknown, path: Path, out: Collector): void {
  if (data !== undefined) out.base64('tool', 'document', data, mimeType, path);
}

function kindOf(role: Role): 'text' | 'tool_result' {
  return role === 'tool' ? 'tool_result' : 'text';
}
