/** What AIDR changed in the definitions of tools: in which of their strings, by paths that hold wherever the tool stands. */
import type { Edit, Path } from '../../body/json/edit.ts';
import { isObject, type ToolDefinition } from '../../formats/segment.ts';

/** The first step of the path is `description` or `parameters`. */
export interface ToolEdit {
  path: Path;
  text: string;
}

export interface RedactedTool {
  tool: ToolDefinition;
  /** At least one. */
  edits: readonly ToolEdit[];
}

/**
 * @param returned AIDR's
 * @returns those that changed; a sentence when something does not match what was sent
 */
export function redactedTools(sent: readonly ToolDefinition[], returned: unknown): RedactedTool[] | string {
  const tools = returned ?? [];
  if (!Array.isArray(tools) || tools.length !== sent.length) {
    return 'guard_output has another number of tools than was sent';
  }
  const redacted: RedactedTool[] = [];
  for (const [index, tool] of sent.entries()) {
    const definition = isObject(tools[index]) ? tools[index].function : undefined;
    if (!isObject(definition) || definition.name !== tool.name) {
      return 'guard_output has other tools than were sent';
    }
    const edits: ToolEdit[] = [];
    const same =
      collectEdits(tool.description, definition.description, ['description'], edits) &&
      collectEdits(tool.parameters, definition.parameters, ['parameters'], edits);
    if (!same) return 'guard_output has tools of another shape than was sent';
    if (edits.length > 0) redacted.push({ tool, edits });
  }
  return redacted;
}

/** @returns edits of the body */
export function toolEdits(redacted: readonly RedactedTool[]): Edit[] {
  return redacted.flatMap(({ tool: { places }, edits }) =>
    edits.map(({ path: [part, ...steps], text }) => {
      const place = part === 'description' ? places.description : places.parameters;
      return { path: [...place, ...steps], text };
    }),
  );
}

/** @returns false when the two values differ in more than the text of their strings */
function collectEdits(sent: unknown, returned: unknown, path: Path, edits: ToolEdit[]): boolean {
  if (typeof sent === 'string') {
    if (typeof returned !== 'string') return false;
    if (returned !== sent) edits.push({ path, text: returned });
    return true;
  }
  if (Array.isArray(sent)) {
    if (!Array.isArray(returned) || returned.length !== sent.length) return false;
    return sent.every((item, index) => collectEdits(item, returned[index], [...path, index], edits));
  }
  if (isObject(sent)) {
    if (!isObject(returned) || Object.keys(returned).length !== Object.keys(sent).length) return false;
    return Object.entries(sent).every(
      ([key, item]) =>
        Object.hasOwn(returned, key) && collectEdits(item, returned[key], [...path, key], edits),
    );
  }
  return sent === returned;
}
