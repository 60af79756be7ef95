/** Anthropic's whole answers as OpenAI's, without an id; the stop reason keeps Anthropic's words. */

import { decodeUnmarked, elements, fieldOf, type JsonObject, truthy } from '../lua-json.ts';
import type { RouteType } from '../settings.ts';

export function answer(text: string, route: RouteType): string {
  let value: unknown;
  try {
    value = decodeUnmarked(text);
  } catch {
    throw new Error('failed to decode anthropic response');
  }
  const part = route === 'llm/v1/chat' ? 'content' : 'completion';
  // Kong names the chat on both routes.
  if (!truthy(fieldOf(value, part))) throw new Error(`'${part}' not in anthropic://llm/v1/chat response`);
  return JSON.stringify(route === 'llm/v1/chat' ? chat(value) : completion(value));
}

function chat(value: unknown): JsonObject {
  const blocks = elements(fieldOf(value, 'content'));
  const calls = blocks.filter((block) => fieldOf(block, 'type') === 'tool_use').map(toolCall);
  const message = {
    role: 'assistant',
    content: textOf(blocks),
    tool_calls: calls.length === 0 ? undefined : calls,
  };
  return {
    choices: [{ index: 0, message, finish_reason: fieldOf(value, 'stop_reason') }],
    usage: usageOf(fieldOf(value, 'usage')),
    model: fieldOf(value, 'model'),
    object: 'chat.completion',
  };
}

function completion(value: unknown): JsonObject {
  const text = fieldOf(value, 'completion');
  return {
    choices: [{ index: 0, text, finish_reason: fieldOf(value, 'stop_reason') }],
    model: fieldOf(value, 'model'),
    object: 'text_completion',
  };
}

/** Each text but one that comes first has a line break before it. */
function textOf(blocks: readonly unknown[]): string {
  const texts = blocks.map((block, index) => {
    const text = fieldOf(block, 'text');
    if (!truthy(text)) return '';
    if (typeof text !== 'string') throw new TypeError('bad argument to put (string expected)');
    return index === 0 ? text : `\n${text}`;
  });
  return texts.join('');
}

function toolCall(block: unknown): JsonObject {
  const args = JSON.stringify(fieldOf(block, 'input') ?? null);
  const called = { name: fieldOf(block, 'name'), arguments: args };
  return { id: fieldOf(block, 'id'), type: 'function', function: called };
}

function usageOf(usage: unknown): JsonObject | string {
  if (!truthy(usage)) return 'no usage data returned from upstream';
  const [prompt, completed] = [fieldOf(usage, 'input_tokens'), fieldOf(usage, 'output_tokens')];
  return {
    prompt_tokens: prompt,
    completion_tokens: completed,
    total_tokens: truthy(prompt) && truthy(completed) ? Number(prompt) + Number(completed) : undefined,
  };
}
