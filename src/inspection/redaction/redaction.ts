/**
 * From AIDR's `guard_output` to edits of the body.
 *
 * AIDR's schema does not promise that the output has the length and order of what was sent. So everything is compared before
 * anything is matched by index: a text in the wrong place is worse than a refused request.
 */
import type { Edit, Path } from '../../body/json/edit.ts';
import { isObject } from '../../formats/segment.ts';
import type { Part, PlannedCall } from '../calls/plan-calls.ts';

/** A part and its text in AIDR's answer: all changed parts, and every slice of a text, because slices are compared. */
export interface ReturnedPart {
  part: Part;
  text: string;
}

export type Redaction =
  | { ok: true; returned: ReturnedPart[]; toolEdits: Edit[] }
  | { ok: false; detail: string };

/**
 * @param guardOutput what the call's messages and tools should become
 * @param mayBeUnchanged AIDR did not say that the output differs from what was sent
 */
export function redactionOf(call: PlannedCall, guardOutput: unknown, mayBeUnchanged = false): Redaction {
  if (!isObject(guardOutput)) return mismatch('AIDR changed the texts but returned no guard_output');
  const returned = returnedParts(call.parts, guardOutput.messages);
  if (typeof returned === 'string') return mismatch(returned);
  const edits = toolEdits(call, guardOutput.tools);
  if (typeof edits === 'string') return mismatch(edits);
  if (!returned.some(isChanged) && edits.length === 0 && !mayBeUnchanged) {
    return mismatch('AIDR changed the texts but guard_output is what was sent');
  }
  return { ok: true, returned, toolEdits: edits };
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

/** @returns a sentence when something does not match */
function toolEdits(call: PlannedCall, returned: unknown): Edit[] | string {
  const tools = returned ?? [];
  if (!Array.isArray(tools) || tools.length !== call.tools.length) {
    return 'guard_output has another number of tools than was sent';
  }
  const edits: Edit[] = [];
  for (const [index, tool] of call.tools.entries()) {
    const definition = isObject(tools[index]) ? tools[index].function : undefined;
    if (!isObject(definition) || definition.name !== tool.name) {
      return 'guard_output has other tools than were sent';
    }
    const same =
      collectEdits(tool.description, definition.description, tool.places.description, edits) &&
      collectEdits(tool.parameters, definition.parameters, tool.places.parameters, edits);
    if (!same) return 'guard_output has tools of another shape than was sent';
  }
  return edits;
}

/** @returns false when the two values differ in more than the text of their strings */
function collectEdits(sent: unknown, returned: unknown, place: Path, edits: Edit[]): boolean {
  if (typeof sent === 'string') {
    if (typeof returned !== 'string') return false;
    if (returned !== sent) edits.push({ path: place, text: returned });
    return true;
  }
  if (Array.isArray(sent)) {
    if (!Array.isArray(returned) || returned.length !== sent.length) return false;
    return sent.every((item, index) => collectEdits(item, returned[index], [...place, index], edits));
  }
  if (isObject(sent)) {
    if (!isObject(returned) || Object.keys(returned).length !== Object.keys(sent).length) return false;
    return Object.entries(sent).every(
      ([key, item]) =>
        Object.hasOwn(returned, key) && collectEdits(item, returned[key], [...place, key], edits),
    );
  }
  return sent === returned;
}
