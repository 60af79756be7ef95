/** The tables of settings in docs/configuration.md and docs/mcp.md, generated from the schema so that they are always up to date. */
import type * as z from 'zod';
import { API_URIS } from './api-uri.ts';
import { kongFields } from './kong-schema.ts';
import { mcpConfig } from './mcp-schema.ts';
import { fieldMeta, pluginConfig } from './schema.ts';

type Field = ReturnType<typeof kongFields>[number][string];

/** @returns Markdown: a table of every field, and one of the `api_uri` values */
export function configurationReference(): string {
  return `${fieldTable(pluginConfig)}\n\n${apiUriTable()}`;
}

/** @returns Markdown: a table of the fields of the plugin for MCP */
export function mcpReference(): string {
  return fieldTable(mcpConfig);
}

function fieldTable(schema: z.ZodObject): string {
  const hasDirections = schema === pluginConfig;
  const rows = kongFields(schema).flatMap((entry) =>
    Object.entries(entry).flatMap(([name, field]) => [
      row(name, field, hasDirections),
      ...nestedRows(name, field),
    ]),
  );
  return ['| field | type | default | meaning |', '|---|---|---|---|', ...rows].join('\n');
}

function nestedRows(name: string, field: Field | undefined): string[] {
  const nested = (field?.fields ?? []) as Record<string, Field>[];
  return nested.flatMap((entry) =>
    Object.entries(entry).map(([child, childField]) => row(`${name}.${child}`, childField, false)),
  );
}

function row(name: string, field: Field | undefined, hasDirections: boolean): string {
  const type = pluginConfig.shape[name as keyof typeof pluginConfig.shape];
  const direction = hasDirections && type && fieldMeta.get(type)?.direction;
  const only = direction ? ` Only \`crowdstrike-aidr-${direction}\`.` : '';
  return `| \`${name}\` | ${typeOf(field)} | ${defaultOf(field)} | ${field?.description}${only} |`;
}

function typeOf(field: Field | undefined): string {
  const values = (field?.one_of ?? []) as string[];
  if (values.length > 0) return values.map((value) => `\`${value}\``).join(' ');
  if (field?.type === 'map') return 'map of strings';
  if (field?.type === 'array') return 'list of strings';
  return String(field?.type);
}

function defaultOf(field: Field | undefined): string {
  if (field?.default !== undefined) return `\`${field.default}\``;
  return field?.required ? 'required' : '';
}

function apiUriTable(): string {
  const rows = Object.entries(API_URIS).map(
    ([provider, uris]) => `| \`${provider}\` | ${uris.map((uri) => `\`${uri}\``).join(' ')} |`,
  );
  return ['| `provider` | `api_uri` |', '|---|---|', ...rows].join('\n');
}
