/** Kong's vaults, of which the gateway has one: `env`, by its own name or through vault entities. */

import { isReference, isTable } from './schema.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** A vault entity of the configuration. */
export interface VaultEntity {
  readonly prefix: string;
  readonly config?: { readonly prefix?: string };
}

export interface VaultLookup {
  readonly value?: string;
  readonly error?: string;
}

interface Reference {
  readonly vault: string;
  readonly resource: string;
  readonly key?: string;
  readonly prefix?: string;
}

export class Vaults {
  readonly #env: Environment;
  readonly #entities: ReadonlyMap<string, VaultEntity>;

  constructor(env: Environment, entities: readonly VaultEntity[]) {
    this.#env = env;
    this.#entities = new Map(entities.map((entity) => [entity.prefix, entity]));
  }

  /** Looks a `{vault://…}` reference up, now: the environment may have changed since the last time. */
  get(reference: string): VaultLookup {
    const parsed = parseReference(reference);
    if (typeof parsed === 'string') return { error: parsed };
    const entity = this.#entities.get(parsed.vault);
    if (parsed.vault !== 'env' && entity === undefined)
      return { error: `could not find vault (${parsed.vault})` };
    const base = parsed.vault === 'env' ? this.#env.KONG_VAULT_ENV_PREFIX : entity?.config?.prefix;
    const name = `${parsed.prefix ?? base ?? ''}${parsed.resource}`.replaceAll('-', '_').toUpperCase();
    const value = this.#env[name];
    if (value === undefined) return { error: 'could not get value from external vault (no value found)' };
    return parsed.key === undefined ? { value } : subfield(value, parsed.key);
  }
}

/** The parts of a reference, or what is wrong with it. */
function parseReference(reference: string): Reference | string {
  if (!isReference(reference)) return `not a reference [${reference}]`;
  const match = /^\{vault:\/\/([^/?#]*)(\/[^?#]*)?(?:\?([^#]*))?(?:#(.*))?\}$/.exec(reference);
  const [, vault = '', path, query = '', version] = match ?? [];
  if (vault === '') return `reference url is missing host [${reference}]`;
  if (path === undefined) return `reference url is missing path [${reference}]`;
  if (version !== undefined)
    return `the embedded gateway does not support versions of secrets [${reference}]`;
  const parts = path
    .slice(1)
    .split('/')
    .filter((part) => part !== '');
  if (parts.length === 0) return `reference url has empty path [${reference}]`;
  const whole = parts.length === 1 || path.endsWith('/');
  const resource = unescaped((whole ? parts : parts.slice(0, -1)).join('/'));
  const prefix = new URLSearchParams(query).get('prefix');
  return {
    vault,
    resource,
    ...(whole ? {} : { key: unescaped(parts.at(-1) ?? '') }),
    ...(prefix === null ? {} : { prefix }),
  };
}

function subfield(json: string, key: string): VaultLookup {
  const failure = (why: string): VaultLookup => ({
    error: `could not get value from external vault (could not get subfield value: ${why})`,
  });
  let secret: unknown;
  try {
    secret = JSON.parse(json);
  } catch {
    return failure('unable to json decode value');
  }
  if (!isTable(secret)) return failure('unable to json decode value');
  const value = secret[key];
  if (value === undefined) return failure(`subfield ${key} not found in JSON secret`);
  return typeof value === 'string'
    ? { value }
    : failure(`unexpected ${typeof value} value for subfield ${key}`);
}

/** A part of a reference without its escapes; what is no escape stays. */
function unescaped(part: string): string {
  return part.replace(/(?:%[\dA-Fa-f]{2})+/g, (escapes) =>
    Buffer.from(escapes.replaceAll('%', ''), 'hex').toString(),
  );
}
