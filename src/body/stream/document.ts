/**
 * A streamed body: a list of events, each of which carries a JSON value.
 *
 * It is a document like any other: its value is the list of the events' values, so the first step of a path is the
 * number of an event. Events that no edit touches leave byte for byte, with everything that stands between them.
 */
import { endOfString, MAX_ANSWER_VALUES, type ValueBudget } from '../json/check.ts';
import { type JsonDocument, type JsonProblem, parseJsonText } from '../json/document.ts';
import type { Edit } from '../json/edit.ts';

export interface StreamEvent {
  /** What the framing calls it: SSE's `event` field, AWS's `:event-type` or `:exception-type`. */
  name?: string;
  /** `undefined` for what is no JSON, such as `[DONE]`, or a last event that breaks off. */
  value: unknown;
  /** Text that stands in the frame beside the JSON: SSE's comments and unknown fields, messages in AWS's headers. */
  beside?: string;
  /** How much its text says: the same as of a document. */
  size?: number;
}

export interface StreamDocument extends JsonDocument {
  events: readonly StreamEvent[];
  /** They may as well be the items of a list, each of which is whole: so are those of JSON, and of one value a line. */
  isList?: true;
}

/** `corrupt`: lengths or checksums of a binary framing do not fit what stands there. */
export type StreamProblem = JsonProblem | 'corrupt';

export type ParsedStream = { ok: true; document: StreamDocument } | { ok: false; problem: StreamProblem };

/** Far more than any answer has tokens; each event costs memory. */
export const MAX_EVENTS = 250_000;

/** Of all events together: a small one has about ten. */
export function streamBudget(): ValueBudget {
  return { left: MAX_ANSWER_VALUES };
}

/**
 * The JSON of one event.
 *
 * @param breaksOff nothing says that the event ends here: then broken JSON is no problem, because no reader can use it
 */
export function parseEvent(
  text: string,
  breaksOff: boolean,
  budget: ValueBudget,
): { ok: true; event: StreamEvent } | { ok: false; problem: JsonProblem } {
  const parsed = parseJsonText(text, budget, 'told');
  if (parsed.ok) return { ok: true, event: eventOf(parsed.document) };
  const isCutJson = breaksOff && parsed.problem === 'invalid_json' && isUnfinished(text);
  return isCutJson ? { ok: true, event: { value: undefined } } : parsed;
}

/** @param beside what else stands in the frame */
export function eventOf(
  { value, beside: hidden, size }: Pick<JsonDocument, 'value' | 'beside' | 'size'>,
  beside?: string,
): StreamEvent {
  const texts = [beside, hidden].filter((text) => text !== undefined);
  const event: StreamEvent = { value };
  if (texts.length > 0) event.beside = texts.join('\n');
  if (size !== undefined) event.size = size;
  return event;
}

/** Nothing, or JSON with a bracket or a string still open: what is closed is whole, and only looks like a stump. */
function isUnfinished(text: string): boolean {
  if (text.trim() === '') return true;
  if (!/^\s*[{[]/.test(text)) return false;
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const char = text[at];
    if (char === '"') {
      const end = endOfString(text, at);
      if (text[end] !== '"' || end === at) return true;
      at = end;
    } else if (char === '{' || char === '[') depth++;
    else if (char === '}' || char === ']') depth--;
  }
  return depth > 0;
}

/** @returns the edits of each event, with paths that begin inside it */
export function editsByEvent(edits: readonly Edit[]): Map<number, Edit[]> {
  const groups = new Map<number, Edit[]>();
  for (const edit of edits) {
    const [event, ...path] = edit.path;
    if (typeof event !== 'number') throw new Error('an edit names no event');
    const group = groups.get(event) ?? [];
    group.push({ ...edit, path });
    groups.set(event, group);
  }
  return groups;
}
