/**
 * OpenAI's requests as Anthropic's. Much is lost: of several system messages only the last is kept, the text beside
 * tool calls is dropped, and so is every parameter that is not named here. `max_tokens` has no default.
 */

import {
  asTable,
  decodeUnmarked,
  elements,
  fieldOf,
  isJsonTable,
  type JsonObject,
  truthy,
} from '../lua-json.ts';
import type { Settings } from '../settings.ts';

const KEPT_ROLES: readonly unknown[] = ['user', 'assistant', 'tool'];

/** A chat or a completion, as the route has it. */
export function request(client: JsonObject, settings: Settings, model: string | undefined): JsonObject {
  const { route_type: route, model: configured } = settings;
  const maxTokens = configured.options?.max_tokens ?? client.max_tokens;
  const common = {
    temperature: configured.options?.temperature ?? client.temperature,
    model: model ?? client.model,
    stream: client.stream ?? false,
  };
  if (route === 'llm/v1/completions') {
    const prompt = `Human: ${String(client.prompt)}\n\nAssistant:`;
    return { ...common, prompt, max_tokens_to_sample: maxTokens };
  }
  const given = elements(client.messages);
  return {
    ...common,
    max_tokens: maxTokens,
    messages: asTable(given.filter(isKept).map(message)),
    system: fieldOf(given.findLast((one) => !isKept(one)) ?? {}, 'content'),
    tools: truthy(client.tools) ? asTable(elements(client.tools).flatMap(tool)) : client.tools,
    tool_choice: client.tool_choice,
  };
}

function isKept(message: unknown): boolean {
  return KEPT_ROLES.includes(fieldOf(message, 'role'));
}

function message(given: unknown): unknown {
  const role = fieldOf(given, 'role');
  const calls = fieldOf(given, 'tool_calls');
  if (role === 'assistant' && truthy(calls)) {
    const blocks = elements(calls).map(toolUse);
    return { role, content: blocks.length === 0 ? undefined : blocks };
  }
  if (role !== 'tool') return given;
  const result = {
    type: 'tool_result',
    tool_use_id: fieldOf(given, 'tool_call_id'),
    content: fieldOf(given, 'content'),
  };
  return { role: 'user', content: [result] };
}

function toolUse(call: unknown): JsonObject {
  const called = fieldOf(call, 'function');
  const input = decodedArguments(fieldOf(called, 'arguments'));
  return { type: 'tool_use', id: fieldOf(call, 'id'), name: fieldOf(called, 'name'), input };
}

/** Arguments that are no JSON disappear. */
function decodedArguments(text: unknown): unknown {
  try {
    return typeof text === 'string' ? decodeUnmarked(text) : undefined;
  } catch {
    return undefined;
  }
}

/** A tool that is no function is left out. */
function tool(given: unknown): JsonObject[] {
  const definition = fieldOf(given, 'function');
  if (!truthy(definition)) return [];
  if (!isJsonTable(definition)) throw new TypeError('attempt to index a value that is no table');
  const { parameters, ...rest } = definition;
  return [{ ...rest, input_schema: parameters }];
}
