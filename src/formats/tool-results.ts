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
  const [step, second, third] = path.slice(depth, depth + 3);
  if (typeof step !== 'string') return undefined;
  if (BLOCKS.has(object.type)) return blockOf(object, path.slice(0, depth));
  const below = object[step];
  const at = path.slice(0, depth + 1);
  if (step === 'toolResult' && isObject(below)) return converseResult(below, at);
  if (RESPONSES_OF_GEMINI.has(step) && isObject(below)) return geminiResult(below, at);
  if (step === 'output') return outputOf(object, at);
  if (step === 'content' && TOOL_ROLES.has(object.role)) return { path: at, replacement: JSON.stringify };
  if (step === 'tool_results' && typeof second === 'number' && third === 'outputs') {
    return { path: [...at, second, third], replacement: (error) => JSON.stringify([{ error }]) };
  }
  return undefined;
}

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

const RESPONSES_OF_GEMINI = new Set([
  'functionResponse',
  'function_response',
  'toolResponse',
  'tool_response',
]);

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

function only(object: JsonObject, keys: readonly string[]): JsonObject {
  return Object.fromEntries(keys.filter((key) => key in object).map((key) => [key, object[key]]));
}
