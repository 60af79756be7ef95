/** Kong's bundled `key-auth`, without `key_in_body` and `anonymous`. */

import { headerName } from '../config/entities.ts';
import type { PluginSchema } from '../config/metaschema.ts';
import type { Consumer, Credential } from '../config/model.ts';
import type { Field } from '../config/schema.ts';
import { error } from '../pdk/exit.ts';
import { callPdk } from '../pdk/pdk.ts';
import { withoutArg } from '../pdk/service.ts';
import type { Exchange } from '../proxy/exchange.ts';
import type { PluginHandler } from './plugin.ts';
import type { PluginConfig } from './plugin-config.ts';

interface KeyAuthConfig {
  readonly key_names: readonly string[];
  readonly hide_credentials: boolean;
  readonly key_in_header: boolean;
  readonly key_in_query: boolean;
  readonly run_on_preflight: boolean;
  readonly realm?: string;
}

const flag = (initial: boolean): Field => ({ type: 'boolean', required: true, default: initial });

const SCHEMA: PluginSchema = {
  name: 'key-auth',
  fields: [
    { consumer: { type: 'foreign', eq: null } },
    {
      config: {
        type: 'record',
        required: true,
        fields: [
          { key_names: { type: 'array', required: true, elements: headerName, default: ['apikey'] } },
          { hide_credentials: flag(false) },
          {
            anonymous: {
              type: 'string',
              unsupported: 'the embedded gateway does not support anonymous consumers',
            },
          },
          { key_in_header: flag(true) },
          { key_in_query: flag(true) },
          {
            key_in_body: {
              ...flag(false),
              eq: false,
              err: 'the embedded gateway looks for no key in bodies',
            },
          },
          { run_on_preflight: flag(true) },
          { realm: { type: 'string' } },
        ],
      },
    },
  ],
};

export const keyAuth: PluginHandler = {
  name: 'key-auth',
  priority: 1250,
  version: '3.9.1',
  schema: SCHEMA,
  access,
};

async function access(exchange: Exchange, config: PluginConfig): Promise<void> {
  const settings = config.values() as unknown as KeyAuthConfig;
  if (!settings.run_on_preflight && exchange.request.method === 'OPTIONS') return;
  const challenge = settings.realm === undefined ? 'Key' : `Key realm="${settings.realm}"`;
  const refuse = (message: string): never => error(exchange, 401, message, { 'WWW-Authenticate': challenge });

  const key = await findKey(exchange, settings);
  if (key === 'duplicate') return refuse('Duplicate API key found');
  if (key === undefined || key.value === '') return refuse('No API key found in request');
  const credential = exchange.worker.configuration.credentials.find((one) => one.key === key.value);
  const consumer = exchange.worker.configuration.consumers.find(({ id }) => id === credential?.consumer.id);
  if (credential === undefined || consumer === undefined) return refuse('Unauthorized');
  authenticate(exchange, consumer, credential);
}

async function findKey(
  exchange: Exchange,
  settings: KeyAuthConfig,
): Promise<{ readonly value: string } | 'duplicate' | undefined> {
  const query = (await callPdk(exchange, 'kong.request.get_query', [])) as {
    readonly [name: string]: unknown;
  };
  for (const name of settings.key_names) {
    const lines = settings.key_in_header ? exchange.request.headers.all(name) : [];
    const found = lines.length > 1 ? lines : (lines[0] ?? (settings.key_in_query ? query[name] : undefined));
    if (Array.isArray(found)) return 'duplicate';
    if (typeof found !== 'string') continue;
    if (settings.hide_credentials) {
      exchange.request.args = withoutArg(exchange.request.args, name);
      exchange.request.headers.delete(name);
    }
    return { value: found };
  }
  return undefined;
}

/** Tells the upstream who called, and takes away what the client claimed to be. */
function authenticate(exchange: Exchange, consumer: Consumer, credential: Credential): void {
  exchange.consumer = consumer;
  exchange.credential = credential;
  const headers: Readonly<Record<string, string | undefined>> = {
    'X-Consumer-ID': consumer.id,
    'X-Consumer-Custom-ID': consumer.custom_id,
    'X-Consumer-Username': consumer.username,
    'X-Credential-Identifier': credential.id,
    'X-Anonymous-Consumer': undefined,
  };
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined) exchange.request.headers.delete(name);
    else exchange.request.headers.set(name, Buffer.from(value, 'utf8').toString('latin1'));
  }
}
