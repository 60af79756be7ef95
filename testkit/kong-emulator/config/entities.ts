/**
 * The entities of a `kong.yaml` that the gateway knows, as Kong schemas.
 *
 * What Kong knows and the gateway does not do is listed as `unsupported`, so that it is refused by name.
 */

import { isIP } from 'node:net';
import type { EntityCheck, Field, FieldList } from './schema.ts';

const no = (what: string): Field => ({
  type: 'any',
  unsupported: `the embedded gateway does not support ${what}`,
});
const string: Field = { type: 'string' };
const tags: Field = { type: 'set', elements: { type: 'string' } };
const id: Field = { type: 'string', uuid: true };
const timestamp: Field = { type: 'integer', timestamp: true };
const enabled: Field = { type: 'boolean', required: true, default: true };
const timeout: Field = { type: 'integer', between: [1, 2 ** 31 - 2], default: 60_000 };

const name: Field = {
  type: 'string',
  custom: (value: string) =>
    /^[\w.\-~\u0080-\uffff]+$/.test(value)
      ? undefined
      : `invalid value '${value}': the only accepted ascii characters are alphanumerics or ., -, _, and ~`,
};

const host: Field = {
  type: 'string',
  required: true,
  custom: (value: string) => {
    if (isIP(value.replace(/^\[(.*)\]$/, '$1')) !== 0 || /^[\w.-]+$/.test(value)) return undefined;
    return /^[^:]+:\d+$/.test(value) ? 'must not have a port' : `invalid value: ${value}`;
  },
};

const headerName: Field = {
  type: 'string',
  custom: (value: string) =>
    /^[\w-]+$/.test(value)
      ? undefined
      : `bad header name '${value}', allowed characters are A-Z, a-z, 0-9, '_', and '-'`,
};

/** A value to match a header with: a text, or a regular expression after `~*`. */
const headerValue: Field = {
  type: 'string',
  custom: (value: string) => (value.startsWith('~*') ? regexError(value.slice(2)) : undefined),
};

const path: Field = {
  type: 'string',
  starts_with: '/',
  match_none: [{ pattern: '//', err: 'must not have empty segments' }],
  custom: (value: string) =>
    /^\/[\w.\-~/%:@!$&'()*+,;=]*$/.test(value)
      ? undefined
      : `invalid path: '${value}' (characters outside of the reserved list of RFC 3986 found)`,
};

const routerPath: Field = {
  type: 'string',
  match_any: { patterns: ['^/', '^~/'], err: 'should start with: / (fixed path) or ~/ (regex path)' },
  match_none: [{ pattern: '//', err: 'must not have empty segments' }],
  custom: (value: string) => (value.startsWith('~') ? regexError(value.slice(1)) : undefined),
};

const protocols: Field = {
  type: 'set',
  required: true,
  len_min: 1,
  default: ['http', 'https'],
  elements: { type: 'string', one_of: ['http', 'https'] },
};

const SERVICE: FieldList = [
  { id },
  { created_at: timestamp },
  { updated_at: timestamp },
  { name },
  { retries: { type: 'integer', default: 5, between: [0, 32_767] } },
  { protocol: { type: 'string', required: true, default: 'http', one_of: ['http', 'https'] } },
  { host },
  { port: { type: 'integer', required: true, default: 80, between: [0, 65_535] } },
  { path },
  { connect_timeout: timeout },
  { write_timeout: timeout },
  { read_timeout: timeout },
  { tags },
  { enabled },
  { client_certificate: string },
  { tls_verify: { type: 'boolean' } },
  { tls_verify_depth: { type: 'integer', between: [0, 64] } },
  { ca_certificates: { type: 'array', elements: { type: 'string', uuid: true } } },
];

const TLS_FIELDS = ['client_certificate', 'tls_verify', 'tls_verify_depth', 'ca_certificates'];

const SERVICE_CHECKS: EntityCheck[] = TLS_FIELDS.map((field) => ({
  conditional: {
    if_field: 'protocol',
    if_match: { one_of: ['http'] },
    then_field: field,
    then_match: { eq: null },
  },
}));

const ROUTE: FieldList = [
  { id },
  { created_at: timestamp },
  { updated_at: timestamp },
  { name },
  { protocols },
  {
    https_redirect_status_code: {
      type: 'integer',
      required: true,
      default: 426,
      one_of: [426, 301, 302, 307, 308],
    },
  },
  { strip_path: { type: 'boolean', required: true, default: true } },
  { preserve_host: { type: 'boolean', required: true, default: false } },
  {
    request_buffering: {
      type: 'boolean',
      required: true,
      default: true,
      eq: true,
      err: 'the embedded gateway buffers every request',
    },
  },
  { response_buffering: { type: 'boolean', required: true, default: true } },
  { tags },
  { service: string },
  { methods: { type: 'set', elements: { type: 'string', match: '^%u+$' } } },
  { hosts: { type: 'array', elements: { type: 'string', match: '^[%w*][%w.*:_-]*$' } } },
  { paths: { type: 'array', elements: routerPath } },
  {
    headers: {
      type: 'map',
      keys: {
        ...headerName,
        match_none: [
          {
            pattern: '^[Hh][Oo][Ss][Tt]$',
            err: "cannot contain 'host' header, which must be specified in the 'hosts' attribute",
          },
        ],
      },
      values: { type: 'array', elements: headerValue },
    },
  },
  { regex_priority: { type: 'integer', default: 0 } },
  {
    path_handling: {
      type: 'string',
      default: 'v0',
      one_of: ['v0', 'v1'],
      ne: 'v1',
      err: "the embedded gateway knows only path_handling 'v0'",
    },
  },
  { snis: no('snis') },
  { sources: no('sources') },
  { destinations: no('destinations') },
];

const ROUTE_CHECKS: readonly EntityCheck[] = [
  {
    conditional_at_least_one_of: {
      if_field: 'protocols',
      if_match: { contains: 'https' },
      then_at_least_one_of: ['methods', 'hosts', 'headers', 'paths'],
      then_err: "must set one of %s when 'protocols' is 'https'",
    },
  },
  {
    conditional_at_least_one_of: {
      if_field: 'protocols',
      if_match: { contains: 'http' },
      then_at_least_one_of: ['methods', 'hosts', 'headers', 'paths'],
      then_err: "must set one of %s when 'protocols' is 'http'",
    },
  },
];

/** The fields of every plugin; its own schema adds `config` and may restrict the others. */
export const PLUGIN_FIELDS: FieldList = [
  { id },
  { name: { type: 'string', required: true } },
  { instance_name: name },
  { created_at: timestamp },
  { updated_at: timestamp },
  { route: string },
  { service: string },
  { consumer: string },
  { protocols },
  { enabled },
  { tags },
  { ordering: no('dynamic plugin ordering') },
  { consumer_group: no('consumer groups') },
];

const CONSUMER: FieldList = [
  { id },
  { created_at: timestamp },
  { updated_at: timestamp },
  { username: string },
  { custom_id: string },
  { tags },
];

const KEY_AUTH_CREDENTIAL: FieldList = [
  { id },
  { created_at: timestamp },
  { consumer: { ...string, required: true } },
  { key: { ...string, required: true } },
  { tags },
  { ttl: no('a ttl on credentials') },
];

const VAULT: FieldList = [
  { id },
  {
    prefix: {
      type: 'string',
      required: true,
      match: '^[a-z][a-z%d-]-[a-z%d]+$',
      not_one_of: ['env', 'aws', 'gcp', 'azure', 'hcv', 'conjur'],
    },
  },
  {
    name: {
      type: 'string',
      required: true,
      one_of: ['env'],
      err: "the embedded gateway has only the vault 'env'",
    },
  },
  { description: string },
  { config: { type: 'record', fields: [{ prefix: { type: 'string', match: '^[%a_-][%a%d_-]*$' } }] } },
  { created_at: timestamp },
  { updated_at: timestamp },
  { tags },
];

/** Balanced over its targets in turn. What health checks would find out, each attempt finds out by itself. */
const UPSTREAM: FieldList = [
  { id },
  { created_at: timestamp },
  { updated_at: timestamp },
  { name: { ...name, required: true } },
  { algorithm: { type: 'string', default: 'round-robin', one_of: ['round-robin'] } },
  { healthchecks: { type: 'any' } },
  { host_header: { type: 'string' } },
  { tags },
];

const TARGET: FieldList = [
  { id },
  { created_at: timestamp },
  { updated_at: timestamp },
  { upstream: { ...string, required: true } },
  { target: { type: 'string', required: true, match: '^[^:]+:%d+$' } },
  { weight: { type: 'integer', default: 100, between: [1, 65_535] } },
  { tags },
];

const CERTIFICATE: FieldList = [
  { id },
  { created_at: timestamp },
  { updated_at: timestamp },
  { cert: { type: 'string', required: true } },
  { tags },
];

function regexError(source: string): string | undefined {
  try {
    return new RegExp(source) && undefined;
  } catch (error) {
    return `invalid regex: '${source}' (${(error as Error).message})`;
  }
}

/** What belongs to a kind of entity: its schema, and which kinds nest in it under which foreign key. */
export interface EntityKind {
  readonly fields: FieldList;
  readonly checks?: readonly EntityCheck[];
  readonly children: Readonly<Record<string, string>>;
}

export const ENTITY_KINDS: Readonly<Record<string, EntityKind>> = {
  services: { fields: SERVICE, checks: SERVICE_CHECKS, children: { routes: 'service', plugins: 'service' } },
  routes: { fields: ROUTE, checks: ROUTE_CHECKS, children: { plugins: 'route' } },
  consumers: {
    fields: CONSUMER,
    checks: [{ at_least_one_of: ['custom_id', 'username'] }],
    children: { keyauth_credentials: 'consumer', plugins: 'consumer' },
  },
  plugins: { fields: PLUGIN_FIELDS, children: {} },
  keyauth_credentials: { fields: KEY_AUTH_CREDENTIAL, children: {} },
  vaults: { fields: VAULT, children: {} },
  upstreams: { fields: UPSTREAM, children: { targets: 'upstream' } },
  targets: { fields: TARGET, children: {} },
  certificates: {
    fields: [...CERTIFICATE, { key: { type: 'string', required: true } }],
    children: {},
  },
  ca_certificates: { fields: CERTIFICATE, children: {} },
};

/** Kinds that Kong knows and the gateway does not. */
export const UNSUPPORTED_KINDS = `acls acme_storage basicauth_credentials 
  clustering_data_planes consumer_groups consumer_group_consumers consumer_group_plugins custom_plugins filter_chains
  hmacauth_credentials jwt_secrets key_sets keys oauth2_credentials oauth2_tokens parameters partials
  rbac_roles snis workspaces`.split(/\s+/);

/** A header name as Kong's `key_names` want it. */
export { headerName };
