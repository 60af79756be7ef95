/**
 * From AIDR's `guard_output` to edits of the body.
 *
 * AIDR's schema does not promise that the output has the length and order of what was sent. So everything is compared before
 * anything is matched by index: a text in the wrong place is worse than a refused request.
 */
import { isObject } from '../../formats/segment.ts';
import type { Part, PlannedCall } from '../calls/plan-calls.ts';
import { type RedactedTool, redactedTools } from './tool-redaction.ts';

/** A part and its text in AIDR's answer: all changed parts, and every slice of a text, because slices are compared. */
export interface ReturnedPart {
  part: Part;
  text: string;
}

export type Redaction =
  | { ok: true; returned: ReturnedPart[]; tools: RedactedTool[] }
  | { ok: false; detail: string };

/**
 * @param guardOutput what the call's messages and tools should become
 * @param mayBeUnchanged AIDR did not say that the output differs from what was sent
 */
export function redactionOf(call: PlannedCall, guardOutput: unknown, mayBeUnchanged = false): Redaction {
  if (!isObject(guardOutput)) return mismatch('AIDR changed the texts but returned no guard_output');
  const returned = returnedParts(call.parts, guardOutput.messages);
  if (typeof returned === 'string') return mismatch(returned);
  const tools = redactedTools(call.tools, guardOutput.tools);
  if (typeof tools === 'string') return mismatch(tools);
  if (!returned.some(isChanged) && tools.length === 0 && !mayBeUnchanged) {
    return mismatch('AIDR changed the texts but guard_output is what was sent');
  }
  return { ok: true, returned, tools };
}

/** The result for a call of which AIDR changed nothing. */
export function unchanged({ parts }: PlannedCall): ReturnedPart[] {
  return parts.filter(isSlice).map((part) => ({ part, text: part.text }));
}

export function isChanged({ part, text }: ReturnedPart): boolean {
  return text !== part.text;
}

function isSlice({ text, whole }: Part): boolean {
  return text.length < whole.length;
}

function mismatch(detail: string): Redaction {
  return { ok: false, detail };
}

/** @returns a sentence when something does not match */
function returnedParts(parts: readonly Part[], output: unknown): ReturnedPart[] | string {
  const messages = output ?? [];
  if (!Array.isArray(messages) || messages.length !== parts.length) {
    return 'guard_output has another number of messages than was sent';
  }
  const returned: ReturnedPart[] = [];
  for (const [index, part] of parts.entries()) {
    const message: unknown = messages[index];
    if (!isObject(message) || message.role !== part.role)
      return 'guard_output has other roles than were sent';
    if (typeof message.content !== 'string') return 'guard_output has content that is not a string';
    returned.push({ part, text: message.content });
  }
  return returned.filter((one) => isChanged(one) || isSlice(one.part));
}
