/**
 * The Model Context Protocol, in all revisions: JSON-RPC, in which either side may ask.
 *
 * @see https://modelcontextprotocol.io/specification
 */

import type { ValueBudget } from '../../body/json/check.ts';
import type { JsonDocument } from '../../body/json/document.ts';
import { Collector } from '../../formats/collector.ts';
import { isObject } from '../../formats/segment.ts';
import { messagesIn, type RpcMessage, rpcRefusal } from '../json-rpc.ts';
import type { Exchange, PendingRequest, Protocol, ReadMessage, TextEvent } from '../protocol.ts';
import { AskedMethods } from './asked-methods.ts';
import { nameOfMethod } from './methods.ts';
import { readParams, readResult } from './read.ts';
import { headerValue, repeatedBy } from './repeated.ts';
import { MESSAGE } from './shapes.ts';

export const MCP: Protocol = {
  name: 'mcp',
  recognises: (_head, value) => messagesIn(value) !== undefined,
  readRequest: (document) => readAll(document, []),
  readAnswer: (document, { pending }) => readAll(document, pending),
  repeatedBy: (value, { headers }) => repeatedBy(value, headers),
  headerValue,
  refusal: (refused, pending) => rpcRefusal(refused, pending, toldResult),
};

/** A client's body and a server's may hold the same messages: either side asks, and either answers. */
function readAll(document: JsonDocument, pending: Exchange['pending']): ReadMessage[] | undefined {
  const budget = { ...document.left };
  const asked = new AskedMethods(pending);
  return messagesIn(document.value)?.map((message) =>
    message.method === undefined
      ? readAnswer(message, asked, budget)
      : readAsked(message, message.method, budget),
  );
}

function readAsked(message: RpcMessage, method: string, budget: ValueBudget): ReadMessage {
  const { value, path, id, alike, kind } = message;
  const out = new Collector(budget);
  readParams(method, value.params, [...path, 'params'], out);
  // What also is an answer, to some reader, is read as one too.
  readResult(value.result, [...path, 'result'], 'tool', out);
  out.account('user', value, MESSAGE, path);
  const event: TextEvent = method === 'tools/call' ? 'tool_input' : 'input';
  const read = { name: nameOfMethod(method), event, found: out.extraction };
  if (kind !== 'request' || id === undefined) return read;
  const known = alike === undefined ? { id } : { id, alike };
  return { ...read, request: { ...known, method, ...toolOf(method, value.params) } };
}

function toolOf(method: string, params: unknown): Pick<PendingRequest, 'tool'> {
  const isNamed = method === 'tools/call' && isObject(params) && typeof params.name === 'string';
  return isNamed ? { tool: params.name as string } : {};
}

function readAnswer(message: RpcMessage, asked: AskedMethods, budget: ValueBudget): ReadMessage {
  const { value, path, id } = message;
  const method = asked.byAnswer(message) ?? methodOfShape(value.result);
  const out = new Collector(budget);
  const event = method === undefined ? 'input' : eventOfResult(method);
  readResult(value.result, [...path, 'result'], event === 'output' ? 'assistant' : roleOf(event), out);
  out.account(roleOf(event), value, MESSAGE, path);
  return {
    name: method === undefined ? 'mcp.answer' : nameOfMethod(method),
    event,
    found: out.extraction,
    ...(id === undefined ? {} : { answers: id }),
  };
}

function eventOfResult(method: string): TextEvent {
  if (method === 'tools/call' || method === 'tasks/result') return 'tool_output';
  return method === 'sampling/createMessage' ? 'output' : 'input';
}

function roleOf(event: TextEvent): 'tool' | 'user' {
  return event === 'tool_output' ? 'tool' : 'user';
}

/** By the keys that the results of each method must have; the request can have come by another connection. */
const SHAPES: readonly (readonly [method: string, ...keys: string[]])[] = [
  ['sampling/createMessage', 'model', 'role', 'content'],
  ['tools/list', 'tools'],
  ['prompts/get', 'messages'],
  ['prompts/list', 'prompts'],
  ['resources/read', 'contents'],
  ['resources/list', 'resources'],
  ['resources/templates/list', 'resourceTemplates'],
  ['completion/complete', 'completion'],
  ['initialize', 'protocolVersion', 'capabilities'],
  ['server/discover', 'capabilities'],
  ['elicitation/create', 'action'],
  ['roots/list', 'roots'],
  ['tools/call', 'content'],
  ['tools/call', 'structuredContent'],
];

function methodOfShape(result: unknown): string | undefined {
  if (!isObject(result)) return undefined;
  return SHAPES.find(([, ...keys]) => keys.every((key) => Object.hasOwn(result, key)))?.[0];
}

/** Agents go on after a tool that failed. */
function toldResult(message: string, { method }: PendingRequest): object | undefined {
  if (method !== 'tools/call') return undefined;
  return { content: [{ type: 'text', text: message }], isError: true };
}
