/**
 * A plugin's whole schema, for a control plane that never runs the plugin server: as JSON, and as `schema.lua`.
 *
 * Konnect takes a `schema.lua` without any `require`, Kong's own type definitions included, so the protocols are
 * spelled out.
 *
 * @see https://developer.konghq.com/custom-plugins/konnect-hybrid-mode/
 */
import type * as z from 'zod';
import { type Json, kongFields } from './kong-schema.ts';
import { mcpConfig } from './mcp-schema.ts';
import { MCP_PLUGIN_NAME, type PluginName } from './plugin-name.ts';
import { pluginConfig } from './schema.ts';

/** Kong's `typedefs.protocols_http`: what a plugin may be used for by default. */
const HTTP_PROTOCOLS = ['grpc', 'grpcs', 'http', 'https'];

const MAX_LINE = 110;

export interface PluginSchema {
  name: PluginName;
  fields: Record<string, Json>[];
}

/** What each plugin's configuration is parsed with. */
export function schemaOf(name: PluginName): z.ZodObject {
  return name === MCP_PLUGIN_NAME ? mcpConfig : pluginConfig;
}

export function pluginSchema(name: PluginName): PluginSchema {
  const protocols = {
    type: 'set',
    required: true,
    default: HTTP_PROTOCOLS,
    elements: { type: 'string', one_of: HTTP_PROTOCOLS },
  };
  return {
    name,
    fields: [{ protocols }, { config: { type: 'record', fields: kongFields(schemaOf(name)) } }],
  };
}

/** @returns the text of a `schema.lua` */
export function luaSchema(name: PluginName): string {
  const { fields } = pluginSchema(name);
  return `return ${luaOf({ name, fields }, '')}\n`;
}

/** A table that fits on the line stays on it. */
function luaOf(value: Json, indent: string): string {
  if (typeof value === 'string') return luaString(value);
  if (typeof value !== 'object') return String(value);
  const oneLine = `{ ${entries(value, '').join(', ')} }`;
  if (!oneLine.includes('\n') && indent.length + oneLine.length < MAX_LINE) return oneLine;
  const inner = `${indent}  `;
  const lines = entries(value, inner).map((entry) => `${inner}${entry},\n`);
  return `{\n${lines.join('')}${indent}}`;
}

function entries(table: Json[] | { [key: string]: Json }, indent: string): string[] {
  if (Array.isArray(table)) return table.map((item) => luaOf(item, indent));
  return Object.entries(table).map(([key, value]) => `${luaKey(key)} = ${luaOf(value, indent)}`);
}

function luaKey(key: string): string {
  return /^[a-z_]+$/.test(key) ? key : `[${luaString(key)}]`;
}

/** JSON's escapes of quotes, backslashes and line breaks are Lua's too. */
function luaString(text: string): string {
  return JSON.stringify(text);
}
