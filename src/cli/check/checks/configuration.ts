/** What our plugins themselves would refuse when Kong starts an instance, and what they would warn about. */
import type * as z from 'zod';
import { ConfigurationError } from '../../../config/load.ts';
import { directionOf, MCP_PLUGIN_NAME } from '../../../config/plugin-name.ts';
import { schemaOf } from '../../../config/plugin-schema.ts';
import { fieldMeta } from '../../../config/schema.ts';
import { createInspector, createMessageInspector } from '../../../inspection/create-inspector.ts';
import { didYouMean } from '../did-you-mean.ts';
import type { Finding } from '../finding.ts';
import { type Deployment, isTable, type OurPlugin, type Table } from '../model.ts';
import { isTemplate, vaultReference } from '../vault-reference.ts';

export function configuration({ plugins }: Deployment): Finding[] {
  return [...plugins.flatMap(configurationOf), ...plugins.filter(isDisabled).map(disabled)];
}

function configurationOf(plugin: OurPlugin): Finding[] {
  const { place, config } = plugin;
  const known = withSecrets(plugin);
  const unknown = unknownSettings(plugin);
  if (unknown.length > 0) return unknown;
  try {
    const { warnings } = created(plugin, known);
    return warnings.map((problem) => ({
      code: 'idle-setting',
      level: 'info',
      place: place.at('config', fieldIn(problem)),
      problem,
      remedy: 'take it out, unless that is meant',
    }));
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    return error.message
      .split('; ')
      .filter((problem) => !isLeftToDeck(config, problem))
      .map(invalid(plugin));
  }
}

function created({ name }: OurPlugin, config: Table): { warnings: string[] } {
  const direction = directionOf(name);
  return direction ? createInspector(config, direction) : createMessageInspector(config);
}

/** Every problem of a configuration begins with the path of its field. */
function invalid({ name, place }: OurPlugin) {
  return (problem: string): Finding => {
    const path = pathIn(problem);
    return {
      code: 'invalid-setting',
      level: 'error',
      place: place.at('config', ...path),
      problem,
      remedy: `see ${pageOf(name)}`,
    };
  };
}

function pageOf(name: OurPlugin['name']): string {
  return name === MCP_PLUGIN_NAME ? 'docs/mcp.md' : 'docs/configuration.md';
}

/** Kong refuses them; the plugin names them all in one sentence. */
function unknownSettings({ name: plugin, place, config }: OurPlugin): Finding[] {
  const { shape } = schemaOf(plugin);
  return Object.keys(config)
    .filter((name) => !(name in shape))
    .map((name) => ({
      code: 'invalid-setting',
      level: 'error',
      place: place.at('config', name),
      problem: `${name}: the plugins have no such setting`,
      remedy: didYouMean(name, Object.keys(shape)) ?? `see ${pageOf(plugin)}`,
    }));
}

function pathIn(problem: string): string[] {
  const path = /^([\w.]+): /.exec(problem)?.[1] ?? '';
  return path === '' || path === 'configuration' ? [] : path.split('.');
}

function fieldIn(warning: string): string {
  return /^\w+/.exec(warning)?.[0] ?? '';
}

/** decK fills it in when it reads the file. */
function isLeftToDeck(config: Table, problem: string): boolean {
  let value: unknown = config;
  for (const step of pathIn(problem)) value = isTable(value) ? value[step] : undefined;
  return isTemplate(value);
}

/** Secrets stay where they are: any word stands for them, except for a certificate and its key, which have to fit. */
function withSecrets({ name: plugin, config }: OurPlugin): Table {
  const { shape } = schemaOf(plugin);
  const isElsewhere = (value: unknown) => vaultReference(value) !== undefined || isTemplate(value);
  const isUnseen =
    IDENTITY.every((name) => config[name]) && IDENTITY.some((name) => isElsewhere(config[name]));
  const resolved = Object.entries(config)
    .filter(([name]) => !isUnseen || !IDENTITY.includes(name))
    .map(([name, value]) => {
      const type = Object.hasOwn(shape, name) ? (shape[name] as z.ZodType) : undefined;
      return [name, type && fieldMeta.get(type)?.referenceable && isElsewhere(value) ? 'secret' : value];
    });
  return Object.fromEntries(resolved);
}

const IDENTITY = ['ai_guard_client_cert', 'ai_guard_client_key'];

function isDisabled({ fields }: OurPlugin): boolean {
  return fields.enabled === false;
}

function disabled({ place }: OurPlugin): Finding {
  return {
    code: 'disabled-plugin',
    level: 'info',
    place: place.at('enabled'),
    problem: 'it is disabled',
    remedy: 'enabled: true',
  };
}
