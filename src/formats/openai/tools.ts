/**
 * Tools that a model is offered, in chat completions and in responses.
 *
 * | tool | text |
 * |---|---|
 * | `function`, `custom`, MCP's, flat or nested | its definition: name, `description`, `parameters`, `input_schema` or `format` |
 * | `namespace` | `description`, and its `tools` |
 * | built in | `description`, `server_description`, `user_location`, descriptions of its skills |
 *
 * What an offered tool lets the model read elsewhere is opaque: stores, servers, files and skills of a container, a mask.
 * The rest of a built-in tool is settings, some of them secret (`authorization`, `headers`, `domain_secrets`).
 */
import type { Path } from '../../body/json/edit.ts';
import type { Collector } from '../collector.ts';
import { itemsOf } from '../placed.ts';
import { isObject, type JsonObject } from '../segment.ts';
import { readToolDefinition } from '../tool-definition.ts';
import {
  type Field,
  type Fields,
  labels,
  media,
  opaque,
  prose,
  readFields,
  schemaProse,
  type TextOrigin,
  text,
} from './fields.ts';

/** An answer repeats the tools: nobody chooses among them any more, so their prose is text like any other. */
export type ToolUse = 'offered' | 'echoed';

const SPEAKER: TextOrigin = { role: 'system', kind: 'text' };

export function readTools(tools: unknown, path: Path, out: Collector, use: ToolUse): void {
  for (const tool of itemsOf(tools, path)) readTool(tool.value, tool.path, out, use);
}

const TOOL_KEYS = new Set(['type', 'function', 'custom']);

function readTool(tool: unknown, path: Path, out: Collector, use: ToolUse): void {
  if (!isObject(tool)) out.leaves('system', 'text', tool, path);
  else if (isObject(tool.function) || isObject(tool.custom)) {
    if (isObject(tool.function)) readDefinition(tool.function, [...path, 'function'], out, use);
    if (isObject(tool.custom)) readDefinition(tool.custom, [...path, 'custom'], out, use);
    out.otherKeys('system', 'text', tool, TOOL_KEYS, path);
  } else if (isDefinition(tool)) readDefinition(tool, path, out, use);
  else readFields(tool, use === 'offered' ? OFFERED : ECHOED, path, out, SPEAKER);
}

function isDefinition(tool: JsonObject): boolean {
  return tool.type === 'function' || tool.type === 'custom' || SCHEMAS.some((key) => key in tool);
}

const SCHEMAS = ['parameters', 'input_schema', 'format'] as const;

function readDefinition(definition: JsonObject, path: Path, out: Collector, use: ToolUse): void {
  if (use === 'echoed') {
    readFields(definition, DEFINITION, path, out, SPEAKER);
    return;
  }
  const schema = SCHEMAS.find((key) => key in definition) ?? 'parameters';
  readToolDefinition(definition, path, schema, out);
  readFields(definition, DEFINITIONS[schema], path, out, SPEAKER);
}

const DEFINITION: Fields = {
  description: text,
  parameters: schemaProse,
  input_schema: schemaProse,
  output_schema: schemaProse,
  annotations: schemaProse,
  format: prose,
  ...labels('name', 'type', 'strict', 'defer_loading', 'allowed_callers', 'execution', 'cache_control'),
};

/** Where the user is, in words; countries and time zones are codes. */
export const location: Field = (value, path, out, origin) => {
  if (isObject(value)) readFields(value, LOCATION, path, out, origin);
  else out.leaves(origin.role, origin.kind, value, path);
};

const LOCATION: Fields = {
  approximate: (value, path, out, origin, owner) => location(value, path, out, origin, owner),
  ...labels('type', 'country', 'timezone'),
};

const BUILT_IN: Fields = {
  description: text,
  server_description: text,
  user_location: location,
  environment: schemaProse,
  ...labels('type', 'name', 'defer_loading', 'allowed_callers', 'execution', 'cache_control'),
  // MCP.
  ...labels('server_label', 'server_url', 'connector_id', 'tunnel_id', 'authorization', 'headers'),
  ...labels('require_approval', 'allowed_tools'),
  // Search.
  ...labels('vector_store_ids', 'filters', 'ranking_options', 'search_context_size', 'search_content_types'),
  // Code interpreter, computer use and images.
  ...labels('container', 'action', 'background', 'input_fidelity', 'model', 'moderation', 'output_format'),
  ...labels('quality', 'size', 'input_image_mask'),
};

/** One or several of what stands elsewhere. */
const references: Field = (value, path, out) => {
  for (const item of itemsOf(value, path)) out.reference(item.path);
};

/** Where code runs: a container by its id, or what one is made of. */
const container: Field = (value, path, out, origin) => {
  if (isObject(value)) readFields(value, CONTAINER, path, out, origin);
  else references(value, path, out, origin, {});
};

const CONTAINER: Fields = {
  container_id: references,
  file_ids: references,
  skills(value, path, out) {
    for (const item of itemsOf(value, path)) out.reference(item.path);
    out.descriptions(value, path);
  },
  ...labels('type', 'memory_limit', 'network_policy'),
};

const MASK: Fields = { image_url: media, file_id: opaque };

const REFERENCES: Fields = {
  ...Object.fromEntries(
    ['server_url', 'connector_id', 'tunnel_id', 'vector_store_ids'].map((key) => [key, references]),
  ),
  container,
  environment(value, path, out, origin, owner) {
    // The kind of computer that the model is to use.
    if (isObject(value)) container(value, path, out, origin, owner);
  },
  input_image_mask(value, path, out, origin) {
    if (isObject(value)) readFields(value, MASK, path, out, origin);
  },
};

const OFFERED: Fields = {
  ...BUILT_IN,
  ...REFERENCES,
  tools: (value, path, out) => readTools(value, path, out, 'offered'),
};

/** By where the schema stands: what is sent to AIDR as the tool's definition is not read again. */
const DEFINITIONS: Record<(typeof SCHEMAS)[number], Fields> = {
  parameters: beside('parameters'),
  input_schema: beside('input_schema'),
  format: beside('format'),
};

function beside(schema: string): Fields {
  return { ...DEFINITION, ...REFERENCES, ...labels('description', schema) };
}

const ECHOED: Fields = {
  ...BUILT_IN,
  tools: (value, path, out) => readTools(value, path, out, 'echoed'),
};
