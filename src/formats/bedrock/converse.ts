/**
 * Amazon Bedrock Converse and ConverseStream, and the API of Amazon's Nova models under InvokeModel.
 *
 * | side | text | role, kind |
 * |---|---|---|
 * | request | `system[]` (content-blocks.ts) | system |
 * | | `messages[].content[]` (content-blocks.ts) | user, assistant |
 * | | `promptVariables.*.text`; the prompt that they fill is opaque | user |
 * | | `toolConfig.tools[].toolSpec` | tool definitions |
 * | | `additionalModelRequestFields`: every string but settings | user |
 * | | `outputConfig.textFormat.structure.jsonSchema`: `description`, `schema` (JSON in a string) | system |
 * | answer | `output.message.content[]` | assistant |
 * | | `trace` (guardrail-trace.ts), `additionalModelResponseFields`: both go with a change | tool, citation |
 *
 * @see https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html
 */
import type { Path } from '../../body/json/edit.ts';
import type { Collector } from '../collector.ts';
import type { BodyFormat } from '../format.ts';
import { fieldsOf, itemsOf, type Placed } from '../placed.ts';
import { isObject, type JsonObject, type Role } from '../segment.ts';
import { keysOf } from '../shape.ts';
import { BLOCK_NAMES, readBlocks } from './content-blocks.ts';
import { readStream } from './converse-stream.ts';
import { emptied, readTrace } from './guardrail-trace.ts';
import { isStoredPrompt } from './names.ts';
import { CONVERSE } from './shapes.ts';

export const converse: BodyFormat = {
  name: 'bedrock.converse',

  requestKeys: keysOf(CONVERSE.request),
  shapes: CONVERSE,

  readRequest(body, out) {
    if (!isConverse(body)) return false;
    readBlocks(itemsOf(body.system, ['system']), 'system', out);
    for (const message of itemsOf(body.messages, ['messages'])) readMessage(message, out);
    readVariables(body.promptVariables, out);
    if (isStoredPrompt(body.modelId)) out.reference(['modelId']);
    readTools(body.toolConfig, out);
    readSettings(body.additionalModelRequestFields, ['additionalModelRequestFields'], out);
    readOutputSchema(body.outputConfig, ['outputConfig'], out);
    return true;
  },

  readResponse(body, out) {
    if (!isObject(body) || !isObject(body.output) || !('message' in body.output)) return false;
    const { message } = body.output;
    const trace = isObject(body.trace) ? body.trace.guardrail : undefined;
    const fields = body.additionalModelResponseFields;
    const derived = [
      ...emptied(trace, ['trace', 'guardrail']),
      ...emptied(fields, ['additionalModelResponseFields']),
    ];
    out.deriving(derived, () =>
      readMessage({ value: message, path: ['output', 'message'] }, out, 'assistant'),
    );
    readTrace(body.trace, ['trace'], out);
    out.leaves('tool', 'citation', fields, ['additionalModelResponseFields']);
    out.otherKeys('tool', 'text', body.output, new Set(['message']), ['output']);
    out.otherKeys('tool', 'text', body, ANSWER_KEYS, []);
    return true;
  },

  readStream,
};

const ANSWER_KEYS = new Set([
  ...['output', 'trace', 'additionalModelResponseFields'],
  ...['stopReason', 'usage', 'metrics', 'performanceConfig', 'serviceTier'],
]);

/** Other APIs under InvokeModel have `messages` too: theirs hold strings, or blocks that a `type` labels. */
function isConverse(body: JsonObject): boolean {
  if (isObject(body.promptVariables)) return true;
  const blocks = itemsOf(body.messages, [])
    .flatMap(({ value }) => (isObject(value) ? itemsOf(value.content, []) : []))
    .flatMap(({ value }) => (isObject(value) ? [value] : []));
  const isNamed = (block: JsonObject) => Object.keys(block).some((key) => BLOCK_NAMES.has(key));
  return blocks.some(isNamed) && !blocks.some(({ type }) => typeof type === 'string');
}

/** An unknown role is read as a user's. */
function roleOf(message: JsonObject): Role {
  if (message.role === 'assistant' || message.role === 'system') return message.role;
  return 'user';
}

function readMessage({ value, path }: Placed, out: Collector, role?: Role): void {
  if (!isObject(value)) {
    out.leaves(role ?? 'user', 'text', value, path);
    return;
  }
  const origin = role ?? roleOf(value);
  readBlocks(itemsOf(value.content, [...path, 'content']), origin, out);
  out.otherKeys(origin, 'text', value, new Set(['role', 'content']), path);
}

/** With variables, the prompt itself is stored at Bedrock. */
function readVariables(variables: unknown, out: Collector): void {
  if (isObject(variables)) out.reference(['promptVariables']);
  out.leaves('user', 'text', variables, ['promptVariables']);
}

function readTools(toolConfig: unknown, out: Collector): void {
  if (!isObject(toolConfig)) {
    out.leaves('system', 'text', toolConfig, ['toolConfig']);
    return;
  }
  for (const { value, path } of itemsOf(toolConfig.tools, ['toolConfig', 'tools']))
    readTool(value, path, out);
  out.otherKeys('system', 'text', toolConfig, new Set(['tools', 'toolChoice']), ['toolConfig']);
}

function readTool(tool: unknown, path: Path, out: Collector): void {
  const spec = isObject(tool) ? tool.toolSpec : undefined;
  if (isObject(spec)) readToolSpec(spec, [...path, 'toolSpec'], out);
  else out.leaves('system', 'text', spec, [...path, 'toolSpec']);
  out.otherKeys('system', 'text', tool, TOOLS, path);
}

/** Read above, and tools that are names only. */
const TOOLS = new Set(['toolSpec', 'systemTool', 'cachePoint']);

function readToolSpec(spec: JsonObject, path: Path, out: Collector): void {
  const { name, description, inputSchema } = spec;
  const parameters = isObject(inputSchema) ? inputSchema.json : undefined;
  out.tool({
    name: typeof name === 'string' ? name : '',
    ...(typeof description === 'string' ? { description } : {}),
    ...(parameters === undefined ? {} : { parameters }),
    places: {
      name: [...path, 'name'],
      description: [...path, 'description'],
      parameters: [...path, 'inputSchema', 'json'],
    },
  });
  if (typeof description !== 'string') out.leaves('system', 'text', description, [...path, 'description']);
  out.otherKeys('system', 'text', inputSchema, new Set(['json']), [...path, 'inputSchema']);
  out.otherKeys('system', 'text', spec, SPEC_KEYS, path);
}

const SPEC_KEYS = new Set(['name', 'description', 'inputSchema', 'strict']);

/** Fields of the model's own API: settings as a rule, but a prompt can be among them. */
function readSettings(value: unknown, path: Path, out: Collector): void {
  if (typeof value === 'string') out.text('user', 'text', value, path);
  if (Array.isArray(value)) for (const item of itemsOf(value, path)) readSettings(item.value, item.path, out);
  if (!isObject(value)) return;
  for (const field of fieldsOf(value, path)) {
    if (!SETTINGS.has(field.name)) readSettings(field.value, field.path, out);
  }
}

const SETTINGS = new Set([
  ...['type', 'anthropic_beta', 'anthropic_version', 'effort', 'reasoning_effort', 'maxReasoningEffort'],
  ...['stop', 'stop_sequences', 'stopSequences', 'truncate', 'return_likelihoods', 'safety_mode'],
]);

function readOutputSchema(value: unknown, path: Path, out: Collector): void {
  if (!isObject(value)) return;
  for (const field of fieldsOf(value, path)) {
    if (field.name === 'schema') out.text('system', 'text', field.value, field.path);
    else if (field.name === 'description') out.text('system', 'text', field.value, field.path);
    else readOutputSchema(field.value, field.path, out);
  }
}
