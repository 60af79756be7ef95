/**
 * The events of a streamed response that carry one text of an item: by deltas, and whole at the end.
 *
 * `response.<name>.delta` has it in `delta`; `response.<name>.done`, sometimes `.added` too, under the key given here.
 */
import type { Path } from '../../body/json/edit.ts';
import type { JsonObject } from '../segment.ts';
import type { Speaker } from './fields.ts';

export interface TextOfItem {
  speaker: Speaker;
  /** Where the item has it; the texts of a message's parts are one. */
  place: Path;
  whole: string;
}

/** @param name of an event, with what follows its last dot cut off */
export function textOfItem(name: string, event: JsonObject): TextOfItem {
  const content = numberIn(event, 'content_index');
  const command = numberIn(event, 'command_index');
  switch (name) {
    case 'response.output_text':
      return { speaker: says('text'), place: ['content'], whole: 'text' };
    case 'response.refusal':
      return { speaker: says('refusal'), place: ['content', content, 'refusal'], whole: 'refusal' };
    case 'response.reasoning_text':
      return { speaker: says('reasoning'), place: ['content', content, 'text'], whole: 'text' };
    case 'response.reasoning_summary_text':
      return {
        speaker: says('reasoning'),
        place: ['summary', numberIn(event, 'summary_index'), 'text'],
        whole: 'text',
      };
    case 'response.function_call_arguments':
    case 'response.mcp_call_arguments':
      return { speaker: says('tool_arguments'), place: ['arguments'], whole: 'arguments' };
    case 'response.custom_tool_call_input':
      return { speaker: says('tool_arguments'), place: ['input'], whole: 'input' };
    case 'response.code_interpreter_call_code':
      return { speaker: says('tool_arguments'), place: ['code'], whole: 'code' };
    case 'response.apply_patch_call_operation_diff':
      return { speaker: says('tool_arguments'), place: ['operation', 'diff'], whole: 'diff' };
    case 'response.shell_call_command':
      return { speaker: says('tool_arguments'), place: ['action', 'commands', command], whole: 'command' };
    case 'response.shell_call_output_content':
      return { speaker: RESULT, place: ['output', command], whole: 'output' };
    default:
      return { speaker: says('text'), place: [name, content], whole: 'text' };
  }
}

export function numberIn(event: JsonObject, key: string): number {
  return typeof event[key] === 'number' ? event[key] : 0;
}

const RESULT: Speaker = { role: 'tool', kind: 'tool_result' };

function says(kind: Speaker['kind']): Speaker {
  return { role: 'assistant', kind };
}
