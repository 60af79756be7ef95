/** What a coding agent sends with each request: a system prompt of 22 KB, and twenty tools of 27 KB together. */
import { prose } from './words.ts';

export interface AgentTool {
  name: string;
  description: string;
  schema: object;
}

const NAMES = [
  ...'read_file write_file edit_file list_folder find_text run_command stop_command ask_user plan_work'.split(
    ' ',
  ),
  ...'fetch_page search_pages read_notebook edit_notebook show_diff apply_patch run_tests open_task'.split(
    ' ',
  ),
  ...'close_task read_image list_servers'.split(' '),
];

export interface Frame {
  system: string;
  tools: readonly AgentTool[];
}

/** @param seed another one for an agent that nobody has seen before */
export function frameOf(seed: number): Frame {
  return {
    system: prose(22_000, seed),
    tools: NAMES.map((name, index) => toolOf(name, seed * 1_000 + index)),
  };
}

/** The same whatever the frame. */
export function toolName(turn: number): string {
  return NAMES[turn % NAMES.length] ?? '';
}

function toolOf(name: string, seed: number): AgentTool {
  const limit = { type: 'integer', description: prose(60, seed + 400), default: 2_000 };
  return {
    name,
    description: prose(735, seed + 100),
    schema: {
      type: 'object',
      properties: {
        path: { type: 'string', description: prose(90, seed + 200) },
        content: { type: 'string', description: prose(120, seed + 300) },
        options: { type: 'object', properties: { limit }, additionalProperties: false },
      },
      required: ['path'],
      additionalProperties: false,
    },
  };
}
