/**
 * Which calls to AIDR cover the messages of a body.
 *
 * Tools are listings, calls of tools are `tool_input`, their results `tool_output`, with the roles that CrowdStrike's Lua
 * plugin gives them. All other messages are `input`, whichever side says them: they are what an agent or a server goes on
 * with. Only what a model said (the answer to a sampling request) is `output`.
 */
import type { EventType } from '../../aidr/request.ts';
import type { Segment } from '../../formats/segment.ts';
import type { ReadMessage, TextEvent } from '../../protocols/protocol.ts';
import type { PlannedCall } from '../calls/plan-calls.ts';
import { partsReadOn } from './seam.ts';

export interface PlannedEvent {
  event: EventType;
  calls: PlannedCall[];
}

const EVENTS = ['tool_input', 'tool_output', 'input', 'output'] as const satisfies TextEvent[];

export function planMessages(messages: readonly ReadMessage[]): PlannedEvent[] {
  const tools = messages.flatMap(({ found }) => found.tools);
  const planned: PlannedEvent[] =
    tools.length > 0 ? [{ event: 'tool_listing', calls: [{ parts: [], tools }] }] : [];
  for (const event of EVENTS) {
    const segments = messages.flatMap((message) => (message.event === event ? message.found.segments : []));
    if (segments.length > 0) planned.push({ event, calls: callsOf(event, segments) });
  }
  return planned;
}

/** Of several messages of an assistant in one call, AIDR may read only the last; whatever else stands in a call is read. */
function callsOf(event: TextEvent, segments: readonly Segment[]): PlannedCall[] {
  const parts = segments.flatMap((segment) => partsReadOn(segment, ROLES[event](segment)));
  if (event !== 'output') return [{ parts, tools: [] }];
  return parts.map((part) => ({ parts: [part], tools: [] }));
}

const ROLES: Record<TextEvent, (segment: Segment) => string> = {
  tool_input: () => 'user',
  tool_output: () => 'tool',
  input: ({ role }) => (role === 'system' ? role : 'user'),
  output: () => 'assistant',
};
