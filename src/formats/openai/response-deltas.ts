/**
 * The events of a streamed response that carry one text of an item: by deltas, and whole at the end.
 *
 * `response.<name>.delta` has it in `delta`; `response.<name>.done`, sometimes `.added` too, under the key given here.
 */
import type { Path } from '../../body/json/edit.ts';
import type { JsonObject } from '../segment.ts';
import type { TextOrigin } from './fields.ts';

export interface TextOfItem {
  origin: TextOrigin;
  /** Where the item has it; the texts of a message's parts are one. */
  path: Path;
  whole: string;
}

/** @param name of an event, with what follows its last dot cut off */
export function textOfItem(name: string, event: JsonObject): TextOfItem {
  const content = numberIn(event, 'content_index');
  const command = numberIn(event, 'command_index');
  switch (name) {
    case 'response.output_text':
      return { origin: says('text'), path: ['content'], whole: 'text' };
    case 'response.refusal':
      return { origin: says('refusal'), path: ['content', content, 'refusal'], whole: 'refusal' };
    case 'response.reasoning_text':
      return { origin: says('reasoning'), path: ['content', content, 'text'], whole: 'text' };
    case 'response.reasoning_summary_text':
      return {
        origin: says('reasoning'),
        path: ['summary', numberIn(event, 'summary_index'), 'text'],
        whole: 'text',
      };
    case 'response.function_call_arguments':
    case 'response.mcp_call_arguments':
      return { origin: says('tool_arguments'), path: ['arguments'], whole: 'arguments' };
    case 'response.custom_tool_call_input':
      return { origin: says('tool_arguments'), path: ['input'], whole: 'input' };
    case 'response.code_interpreter_call_code':
      return { origin: says('tool_arguments'), path: ['code'], whole: 'code' };
    case 'response.apply_patch_call_operation_diff':
      return { origin: says('tool_arguments'), path: ['operation', 'diff'], whole: 'diff' };
    case 'response.shell_call_command':
      return { origin: says('tool_arguments'), path: ['action', 'commands', command], whole: 'command' };
    case 'response.shell_call_output_content':
      return { origin: RESULT, path: ['output', command], whole: 'output' };
    default:
      return { origin: says('text'), path: [name, content], whole: 'text' };
  }
}

export function numberIn(event: JsonObject, key: string): number {
  return typeof event[key] === 'number' ? event[key] : 0;
}

const RESULT: TextOrigin = { role: 'tool', kind: 'tool_result' };

function says(kind: TextOrigin['kind']): TextOrigin {
  return { role: 'assistant', kind };
}
