/**
 * The items of OpenAI's Responses API: a request's `input[]` and an answer's `output[]` share them.
 *
 * | item | text | opaque |
 * |---|---|---|
 * | `message`, or anything with `role` and `content` | `content`: string or parts (parts.ts) | |
 * | `reasoning` | `summary[]`, `content[]` | `encrypted_content` |
 * | `function_call`, `mcp_call`, `mcp_approval_request`, `tool_search_call` | `arguments` | |
 * | every call | `name`, `namespace`, `server_label`, as labels | |
 * | `custom_tool_call`, `program`, `code_interpreter_call` | `input`, `code` | |
 * | `shell_call`, `local_shell_call`, `computer_call`, `web_search_call` | `action`, `actions[]`, skills in `environment` | |
 * | `apply_patch_call`, `file_search_call`, `image_generation_call` | `operation`, `queries[]`, `revised_prompt` | `result` |
 * | `…_output` | `output`: string or parts; `stdout`, `stderr`; `result` of a program | screenshots, files |
 * | `mcp_call`, `code_interpreter_call`, `file_search_call`, `web_search_call` | `output`, `error`, `outputs[]`, `results[]` | |
 * | `mcp_approval_response` | `reason` | |
 * | `mcp_list_tools`, `additional_tools`, `tool_search_output` | `tools[]` (tools.ts), `error` | |
 * | `compaction` | | `encrypted_content` |
 * | `item_reference` | | all |
 *
 * Read by their keys, which mean the same in every item: a new type needs no new line here.
 *
 * @see https://platform.openai.com/docs/api-reference/responses
 */
import type { Path } from '../../body/json/edit.ts';
import type { Collector } from '../collector.ts';
import { isObject, type JsonObject, type Role } from '../segment.ts';
import {
  base64,
  called,
  citations,
  encrypted,
  type Field,
  type Fields,
  labels,
  readFields,
  readProse,
  type TextOrigin,
  toolArguments,
} from './fields.ts';
import { readContent, roleOf, thoughts } from './parts.ts';
import { readPrompt } from './prompt.ts';
import { readTools, type ToolUse } from './tools.ts';

/**
 * @param items a list of items, or one prompt
 * @param prompter whose words an item without a role is
 */
export function readItems(items: unknown, path: Path, out: Collector, tools: ToolUse, prompter: Role): void {
  if (!Array.isArray(items)) {
    readItem(items, path, out, tools, prompter);
    return;
  }
  if (items.some((item) => typeof item === 'number')) out.unreadable('tokens', path);
  items.forEach((item, index) => {
    readItem(item, [...path, index], out, tools, prompter);
  });
}

function readItem(item: unknown, path: Path, out: Collector, tools: ToolUse, prompter: Role): void {
  if (Array.isArray(item)) readPrompt(item, path, out);
  else if (!isObject(item)) out.text(prompter, 'text', item, path);
  else {
    if (isReference(item)) out.reference(path);
    const fields = tools === 'offered' ? INPUT : OUTPUT;
    out.call(() => readFields(item, fields, path, out, speakerOf(item, prompter)), item.type);
  }
}

/** Stands for text that is not in the body. A reference may leave its type out. */
function isReference(item: JsonObject): boolean {
  return item.type === undefined || item.type === null
    ? Object.keys(item).every((key) => key === 'id' || key === 'type')
    : item.type === 'item_reference';
}

function speakerOf(item: JsonObject, prompter: Role): TextOrigin {
  const type = typeof item.type === 'string' ? item.type : '';
  if (type === 'reasoning') return { role: 'assistant', kind: 'reasoning' };
  if (type.endsWith('_output')) return RESULT;
  if ('role' in item) return { role: roleOf(item.role), kind: 'text' };
  if (type === '' || type === 'message') return { role: prompter, kind: 'text' };
  return { role: 'assistant', kind: 'text' };
}

const RESULT: TextOrigin = { role: 'tool', kind: 'tool_result' };

const doing: Field = (value, path, out, { role }) =>
  readProse({ role, kind: 'tool_arguments' }, value, path, out);

const findings: Field = (value, path, out) => readProse(RESULT, value, path, out);

/** Often JSON in a string. */
const result: Field = (value, path, out) => {
  if (typeof value === 'string') out.text(RESULT.role, RESULT.kind, value, path);
  else readContent(value, path, out, RESULT);
};

/** An image of an image call; a program's result is text. */
const imageOrResult: Field = (value, path, out, origin, item) => {
  if (item.type === 'image_generation_call') base64(value, path, out, origin, item);
  else result(value, path, out, origin, item);
};

const userWords: Field = (value, path, out) => out.text('user', 'text', value, path);

const skills: Field = (value, path, out) => out.descriptions(value, path);

const ITEM: Fields = {
  server_label: called,
  namespace: called,
  name: called,
  summary: thoughts,
  content: readContent,
  arguments: toolArguments,
  input: toolArguments,
  code: toolArguments,
  action: doing,
  actions: doing,
  operation: doing,
  queries: doing,
  revised_prompt: doing,
  environment: skills,
  output: result,
  outputs: result,
  results: findings,
  result: imageOrResult,
  error: findings,
  reason: userWords,
  pending_safety_checks: citations,
  acknowledged_safety_checks: citations,
  ...labels('type', 'id', 'status', 'role', 'phase', 'call_id', 'caller', 'created_by'),
  ...labels('execution', 'container_id', 'approval_request_id', 'fingerprint'),
  encrypted_content: encrypted,
  ...labels('background', 'output_format', 'quality', 'size'),
};

const INPUT: Fields = { ...ITEM, tools: (value, path, out) => readTools(value, path, out, 'offered') };

const OUTPUT: Fields = { ...ITEM, tools: (value, path, out) => readTools(value, path, out, 'echoed') };
