/**
 * Which calls to AIDR cover a body.
 *
 * AIDR analyses only what follows the last assistant message and expects that it saw every earlier turn. A caller
 * writes its own history, so calls are arranged such that nothing in them is before AIDR's boundary.
 */
import type { GuardInput, GuardMessage, GuardTool, Serialised } from '../../aidr/request.ts';
import type { Extraction, Segment, SegmentKind, ToolDefinition } from '../../formats/segment.ts';

/** A segment's text as it is sent, or a slice of it. */
export interface Part {
  segment: Segment;
  /** The whole text: the segment's, unless it was decrypted first. */
  whole: string;
  text: string;
  /** Where in the whole text the slice begins, in UTF-16 code units. */
  start: number;
  /** The role that is sent to AIDR. */
  role: string;
}

/** One call, and where each of its messages and tools came from, index by index. */
export interface PlannedCall {
  parts: Part[];
  tools: ToolDefinition[];
  /** The body was too large for one call, and this is one of several. */
  isCut?: true;
  /** The same parts and tools in JSON, if their size had to be measured. */
  input?: Serialised;
}

/** The segments of a prompt: those of the newest turns, and those of earlier ones. */
export interface Turns {
  /** What must be analysed with every request: system messages, and what follows the last assistant turn. */
  current: Segment[];
  earlier: Segment[];
}

/**
 * The tail is what follows the last assistant turn that is followed by something, so a prefilled answer belongs to it.
 */
export function turnsOf({ segments }: Extraction): Turns {
  const turns = segments.filter(
    ({ role, isOutsideConversation }) => role !== 'system' && !isOutsideConversation,
  );
  const earlier = new Set(turns.slice(0, lastAnsweredTurn(turns) + 1));
  return { current: segments.filter((segment) => !earlier.has(segment)), earlier: [...earlier] };
}

/**
 * Citations, names and keys can be a part of the assistant's own turn: they do not answer it.
 *
 * @returns index of the last assistant segment that is followed by another speaker's; -1 without one
 */
function lastAnsweredTurn(turns: Segment[]): number {
  const isOther = ({ role, kind }: Segment) =>
    role !== 'assistant' && kind !== 'citation' && kind !== 'label';
  const lastOther = turns.findLastIndex(isOther);
  return turns.slice(0, Math.max(lastOther, 0)).findLastIndex(({ role }) => role === 'assistant');
}

/**
 * The tail, the system messages and the tools are one call; earlier turns, and what is not to be read with the tail, are a
 * second one.
 *
 * In both, assistant text goes as role `user`: left as it is, it would move AIDR's boundary behind the texts before it.
 */
export function planInput({ current, earlier }: Turns, tools: ToolDefinition[]): PlannedCall[] {
  const calls: PlannedCall[] = [];
  if (current.length > 0 || tools.length > 0) {
    calls.push({ parts: partsOf(current, (role) => (role === 'assistant' ? 'user' : role)), tools });
  }
  if (earlier.length > 0) {
    calls.push({ parts: partsOf(earlier, (role) => (role === 'system' ? role : 'user')), tools: [] });
  }
  return calls;
}

/**
 * One call for each text that the assistant said: of several assistant messages in one call, AIDR may read only the
 * last. What else an answer holds, such as tool calls and citations, shares one call in which nothing is said by
 * the assistant, so that AIDR reads all of it.
 */
export function planOutput(found: Extraction): PlannedCall[] {
  const isSaid = ({ role, kind }: Segment) => role === 'assistant' && SAID.has(kind);
  const unchanged = (role: string) => role;
  const calls = found.segments.filter(isSaid).map((segment) => callOf(partsOf([segment], unchanged)));
  const other = found.segments.filter((segment) => !isSaid(segment));
  if (other.length === 1) calls.push(callOf(partsOf(other, unchanged)));
  if (other.length > 1) {
    calls.push(callOf(partsOf(other, (role) => (role === 'assistant' ? 'tool' : role))));
  }
  return calls;
}

const SAID: ReadonlySet<SegmentKind> = new Set(['text', 'refusal', 'reasoning']);

function callOf(parts: Part[]): PlannedCall {
  return { parts, tools: [] };
}

function partsOf(segments: Segment[], roleOf: (role: string) => string): Part[] {
  return segments.map((segment) => {
    const { text } = segment;
    return { segment, whole: text, text, start: 0, role: roleOf(segment.role) };
  });
}

export function guardInput({ parts, tools }: PlannedCall): GuardInput {
  const messages: GuardMessage[] = parts.map(({ role, text }) => ({ role, content: text }));
  return {
    // AIDR was seen to refuse an empty list.
    ...(messages.length > 0 ? { messages } : {}),
    ...(tools.length > 0 ? { tools: tools.map(guardTool) } : {}),
  };
}

export function guardTool({ name, description, parameters }: ToolDefinition): GuardTool {
  return {
    type: 'function',
    function: {
      name,
      ...(description === undefined ? {} : { description }),
      ...(parameters === undefined ? {} : { parameters }),
    },
  };
}
