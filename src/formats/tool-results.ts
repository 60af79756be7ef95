/**
 * What a tool returned, as each API sends it back to the model, and what can stand in its place.
 *
 * | API | a result | becomes | failed |
 * |---|---|---|---|
 * | Anthropic | a block `tool_result`, `mcp_tool_result` | the block with the notice as `content` | `is_error: true` |
 * | Bedrock Converse | `toolResult` | the same with one text | `status: "error"` |
 * | Gemini | `functionResponse`, `toolResponse` | the same with `response: {"error": …}` | |
 * | OpenAI chat, Cohere v2, Ollama | `content` of a message of the role `tool` or `function` | the notice | |
 * | OpenAI Responses | `output` of `function_call_output` and others; of `mcp_call` | the notice | |
 * | Cohere v1 | `outputs` of `tool_results[]` | `[{"error": …}]` | |
 *
 * Ids stay, so that the model knows which call it is told of. What else stands in a block that is replaced whole goes.
 *
 * @see https://docs.claude.com/en/docs/agents-and-tools/tool-use/implement-tool-use
 * @see https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ToolResultBlock.html
 * @see https://ai.google.dev/api/caching#FunctionResponse
 */
import type { Path } from '../body/json/edit.ts';
import { isObject, type JsonObject } from './segment.ts';

export interface ToolResult {
  /** What stands here is replaced whole. */
  path: Path;
  /** @returns JSON that tells the model that there is no result, and why */
  replacement(notice: string): string;
}

/**
 * @param body a prompt
 * @param path of something in it
 * @returns the outermost result of a tool that holds it; undefined where none does that could be replaced
 */
export function toolResultAround(body: unknown, path: Path): ToolResult | undefined {
  let value = body;
  for (const [depth, step] of path.entries()) {
    if (isObject(value)) {
      const result = resultIn(value, path, depth);
      if (result) return result;
    }
    value = (value as Record<string | number, unknown> | undefined)?.[step];
  }
  return undefined;
}

/** @param depth steps of the path that lead to the object */
function resultIn(object: JsonObject, path: Path, depth: number): ToolResult | undefined {
  const step = path[depth];
  if (typeof step !== 'string') return undefined;
  if (BLOCKS.has(object.type)) return blockOf(object, path.slice(0, depth));
  const readBelow = BELOW.get(step);
  return readBelow?.(object, path.slice(0, depth + 1), path);
}

/** @param at of what stands under the key, on the way to `path` */
type ReadBelow = (object: JsonObject, at: Path, path: Path) => ToolResult | undefined;

const geminiResponse: ReadBelow = (object, at) => {
  const result = object[at.at(-1) ?? ''];
  return isObject(result) ? geminiResult(result, at) : undefined;
};

const BELOW = new Map<string, ReadBelow>([
  ['toolResult', ({ toolResult }, at) => (isObject(toolResult) ? converseResult(toolResult, at) : undefined)],
  ['functionResponse', geminiResponse],
  ['function_response', geminiResponse],
  ['toolResponse', geminiResponse],
  ['tool_response', geminiResponse],
  ['output', (item, at) => outputOf(item, at)],
  [
    'content',
    ({ role }, at) => (TOOL_ROLES.has(role) ? { path: at, replacement: JSON.stringify } : undefined),
  ],
  ['tool_results', (_, at, path) => cohereResult(path.slice(0, at.length + 2))],
]);

const BLOCKS: ReadonlySet<unknown> = new Set(['tool_result', 'mcp_tool_result']);
const TOOL_ROLES: ReadonlySet<unknown> = new Set(['tool', 'function']);

function blockOf(block: JsonObject, path: Path): ToolResult {
  const kept = only(block, ['type', 'tool_use_id', 'cache_control']);
  return {
    path,
    replacement: (content) => JSON.stringify({ ...kept, content, is_error: true }),
  };
}

function converseResult(result: JsonObject, path: Path): ToolResult {
  const kept = only(result, ['toolUseId', 'type']);
  return {
    path,
    replacement: (text) => JSON.stringify({ ...kept, content: [{ text }], status: 'error' }),
  };
}

/** An `error` in the response is Gemini's way to say that a function failed. */
function geminiResult(result: JsonObject, path: Path): ToolResult {
  const kept = only(result, ['id', 'name', 'toolType', 'tool_type', 'willContinue', 'will_continue']);
  return { path, replacement: (error) => JSON.stringify({ ...kept, response: { error } }) };
}

/** Items whose output is a string. A screenshot, for instance, can be replaced by no words. */
const TEXT_OUTPUTS: ReadonlySet<unknown> = new Set([
  ...['function_call_output', 'custom_tool_call_output', 'local_shell_call_output'],
  ...['apply_patch_call_output', 'mcp_call'],
]);

/** @param path of its output */
function outputOf({ type }: JsonObject, path: Path): ToolResult | undefined {
  if (TEXT_OUTPUTS.has(type)) return { path, replacement: JSON.stringify };
  if (type !== 'shell_call_output') return undefined;
  const outcome = { type: 'exit', exit_code: 1 };
  return { path, replacement: (stderr) => JSON.stringify([{ stdout: '', stderr, outcome }]) };
}

/** @param path of the outputs, if that is where it leads */
function cohereResult(path: Path): ToolResult | undefined {
  const isOfResult = typeof path.at(-2) === 'number' && path.at(-1) === 'outputs';
  return isOfResult ? { path, replacement: (error) => JSON.stringify([{ error }]) } : undefined;
}

function only(object: JsonObject, keys: readonly string[]): JsonObject {
  return Object.fromEntries(keys.filter((key) => key in object).map((key) => [key, object[key]]));
}
