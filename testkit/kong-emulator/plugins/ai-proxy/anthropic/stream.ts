/** Anthropic's events as OpenAI's chunks: text only. Tool calls, the stop reason and the usage do not get through. */

import { fieldOf, truthy } from '../lua-json.ts';
import type { Settings } from '../settings.ts';
import type { SseEvent } from '../sse-frames.ts';
import type { ProxyState } from '../state.ts';

/** What ends OpenAI's streams. */
const TERMINATOR = '[DONE]';

export function event(
  { event: name, data }: SseEvent,
  settings: Settings,
  state: ProxyState,
): string | undefined {
  if (settings.route_type !== 'llm/v1/chat' || name === undefined || data === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(data);
    return translated(name, value, settings, state);
  } catch {
    return undefined;
  }
}

function translated(name: string, value: unknown, settings: Settings, state: ProxyState): string | undefined {
  if (name === 'message_stop') return TERMINATOR;
  if (name === 'message_start') return started(fieldOf(value, 'message'), settings, state);
  if (name !== 'content_block_start' && name !== 'content_block_delta') return undefined;
  const delta = fieldOf(value, 'delta');
  const text = truthy(delta) ? fieldOf(delta, 'text') : undefined;
  return chunk(settings, {
    choices: [{ delta: { content: text ?? '' }, index: 0, finish_reason: null, logprobs: null }],
    id: state.streamId,
  });
}

function started(message: unknown, settings: Settings, state: ProxyState): string | undefined {
  if (!truthy(message)) return undefined;
  const id = fieldOf(message, 'id');
  state.streamId = typeof id === 'string' ? id : undefined;
  const delta = { content: '', role: fieldOf(message, 'role') };
  return chunk(settings, { choices: [{ delta, index: 0, logprobs: null }], id, system_fingerprint: null });
}

function chunk(settings: Settings, fields: object): string {
  return JSON.stringify({ ...fields, model: settings.model.name, object: 'chat.completion.chunk' });
}
