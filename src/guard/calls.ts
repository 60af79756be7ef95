/**
 * Which calls to AIDR cover a body.
 *
 * AIDR analyses only what follows the last assistant message and expects that it saw every earlier turn. A caller
 * writes its own history, so a call is laid out such that AIDR's boundary hides nothing in it.
 */
import type { GuardInput, GuardMessage, GuardTool } from '../aidr/request.ts';
import type { Extraction, Segment, SegmentKind, ToolDefinition } from '../wire/segment.ts';

/** One call, and where each of its messages and tools came from, index by index. */
export interface PlannedCall {
  input: GuardInput;
  segments: Segment[];
  tools: ToolDefinition[];
}

/**
 * The tail and the system messages are one call; earlier turns are a second one. The tail is what follows the last
 * assistant turn that is followed by something, so a prefilled answer belongs to it.
 *
 * In both, assistant text goes as role `user`: left as it is, it would move AIDR's boundary behind the texts before it.
 */
export function planInput(found: Extraction, history: 'all_turns' | 'new_turns'): PlannedCall[] {
  const turns = found.segments.filter(({ role, isAside }) => role !== 'system' && !isAside);
  const answered = new Set(turns.slice(0, lastAnsweredTurn(turns) + 1));
  const current = found.segments.filter((segment) => !answered.has(segment));
  const earlier = history === 'all_turns' ? [...answered] : [];
  const calls: PlannedCall[] = [];
  if (current.length > 0 || found.tools.length > 0) {
    calls.push(call(current, (role) => (role === 'assistant' ? 'user' : role), found.tools));
  }
  if (earlier.length > 0) calls.push(call(earlier, () => 'user'));
  return calls;
}

/** @returns index of the last assistant segment that is followed by another speaker's; -1 without one */
function lastAnsweredTurn(turns: Segment[]): number {
  const lastOther = turns.findLastIndex(({ role }) => role !== 'assistant');
  return turns.slice(0, Math.max(lastOther, 0)).findLastIndex(({ role }) => role === 'assistant');
}

/**
 * One call for each text that the assistant said: of several assistant messages in one call, AIDR may read only the
 * last. What else an answer holds, such as tool arguments and citations, shares one call in which nothing is said by
 * the assistant, so that AIDR reads all of it.
 */
export function planOutput(found: Extraction): PlannedCall[] {
  const isSaid = ({ role, kind }: Segment) => role === 'assistant' && SAID.has(kind);
  const calls = found.segments.filter(isSaid).map((segment) => call([segment], (role) => role));
  const other = found.segments.filter((segment) => !isSaid(segment));
  if (other.length === 1) calls.push(call(other, (role) => role));
  if (other.length > 1) calls.push(call(other, (role) => (role === 'assistant' ? 'tool' : role)));
  return calls;
}

const SAID: ReadonlySet<SegmentKind> = new Set(['text', 'refusal', 'reasoning']);

function call(
  segments: Segment[],
  roleOf: (role: string) => string,
  tools: ToolDefinition[] = [],
): PlannedCall {
  const messages: GuardMessage[] = segments.map(({ role, text }) => ({ role: roleOf(role), content: text }));
  return {
    // AIDR was seen to refuse an empty list.
    input: {
      ...(messages.length > 0 ? { messages } : {}),
      ...(tools.length > 0 ? { tools: tools.map(guardTool) } : {}),
    },
    segments,
    tools,
  };
}

function guardTool({ name, description, parameters }: ToolDefinition): GuardTool {
  return {
    type: 'function',
    function: {
      name,
      ...(description === undefined ? {} : { description }),
      ...(parameters === undefined ? {} : { parameters }),
    },
  };
}
