/**
 * From AIDR's `guard_output` to edits of the body.
 *
 * AIDR's schema does not promise that the output has the length and order of what was sent, so nothing is matched by
 * index before everything was compared: a text written to the wrong place is worse than a refused request.
 */
import type { Edit, Path } from '../body/json/edit.ts';
import { isObject } from '../wire/segment.ts';
import type { PlannedCall } from './calls.ts';

export type Redaction = { ok: true; edits: Edit[] } | { ok: false; detail: string };

/** @param guardOutput what the call's messages and tools should become */
export function redactionOf(call: PlannedCall, guardOutput: unknown): Redaction {
  if (!isObject(guardOutput)) return mismatch('AIDR changed the texts but returned no guard_output');
  const messages = messageEdits(call, guardOutput.messages);
  if (!messages.ok) return messages;
  const tools = toolEdits(call, guardOutput.tools);
  if (!tools.ok) return tools;
  const edits = [...messages.edits, ...tools.edits];
  if (edits.length === 0) return mismatch('AIDR changed the texts but guard_output is what was sent');
  return { ok: true, edits };
}

function mismatch(detail: string): Redaction {
  return { ok: false, detail };
}

function messageEdits(call: PlannedCall, returned: unknown): Redaction {
  const sent = call.input.messages;
  const messages = returned ?? [];
  if (!Array.isArray(messages) || messages.length !== sent.length) {
    return mismatch('guard_output has another number of messages than was sent');
  }
  const edits: Edit[] = [];
  for (const [index, segment] of call.segments.entries()) {
    const message: unknown = messages[index];
    if (!isObject(message) || message.role !== sent[index]?.role) {
      return mismatch('guard_output has other roles than were sent');
    }
    if (typeof message.content !== 'string') return mismatch('guard_output has content that is not a string');
    if (message.content !== segment.text) edits.push({ path: segment.place, text: message.content });
  }
  return { ok: true, edits };
}

function toolEdits(call: PlannedCall, returned: unknown): Redaction {
  const tools = returned ?? [];
  if (!Array.isArray(tools) || tools.length !== call.tools.length) {
    return mismatch('guard_output has another number of tools than was sent');
  }
  const edits: Edit[] = [];
  for (const [index, tool] of call.tools.entries()) {
    const definition = isObject(tools[index]) ? tools[index].function : undefined;
    if (!isObject(definition) || definition.name !== tool.name) {
      return mismatch('guard_output has other tools than were sent');
    }
    const same =
      collectEdits(tool.description, definition.description, tool.places.description, edits) &&
      collectEdits(tool.parameters, definition.parameters, tool.places.parameters, edits);
    if (!same) return mismatch('guard_output has tools of another shape than was sent');
  }
  return { ok: true, edits };
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
