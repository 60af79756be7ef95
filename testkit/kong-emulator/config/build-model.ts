/** Turns validated entities into the model: ids, references between entities, uniqueness. */

import { randomUUID } from 'node:crypto';
import type { LoadOptions, Node } from './declarative.ts';
import { type ErrorTree, setFieldError } from './error-tree.ts';
import { entityId, WORKSPACE_ID } from './ids.ts';
import type {
  Certificate,
  Configuration,
  Consumer,
  Credential,
  PluginEntity,
  Route,
  Service,
  UpstreamEntity,
} from './model.ts';
import { isTable, type Table } from './schema.ts';
import { type VaultEntity, Vaults } from './vault.ts';

/** The field that names an entity of a kind in references, and which fields must be unique. */
const KEYS: Readonly<Record<string, string>> = {
  services: 'name',
  routes: 'name',
  consumers: 'username',
  upstreams: 'name',
};
const UNIQUE: Readonly<Record<string, readonly string[]>> = {
  services: ['name', 'id'],
  routes: ['name', 'id'],
  consumers: ['username', 'custom_id', 'id'],
  plugins: ['instance_name', 'id'],
  keyauth_credentials: ['key', 'id'],
  vaults: ['prefix'],
  upstreams: ['name', 'id'],
  certificates: ['id'],
  ca_certificates: ['id'],
};
const FOREIGN: Readonly<Record<string, string>> = {
  service: 'services',
  route: 'routes',
  consumer: 'consumers',
  upstream: 'upstreams',
  client_certificate: 'certificates',
};

interface Placed {
  readonly node: Node;
  readonly id: string;
  /** Ids of the entities that this one belongs to. */
  readonly foreign: Readonly<Record<string, string>>;
}

/** Builds the model and adds to `errors` what only shows between entities. */
export function buildModel(nodes: readonly Node[], options: LoadOptions, errors: ErrorTree): Configuration {
  const ids = new Map<Node, string>();
  for (const node of nodes) ids.set(node, idOf(node, ids));
  checkUniqueness(nodes, ids, errors);
  const placed = nodes.map((node) => place(node, nodes, ids, errors));
  const now = Math.floor(Date.now() / 1000);
  const of = <T>(kind: string, build: (one: Placed) => T): T[] =>
    placed.filter(({ node }) => node.kind === kind).map(build);
  return {
    services: of('services', (one) => ({ ...stamped(one, now), ws_id: WORKSPACE_ID }) as unknown as Service),
    routes: of('routes', (one) => ({ ...stamped(one, now), ws_id: WORKSPACE_ID }) as unknown as Route),
    consumers: of('consumers', (one) => stamped(one, now) as unknown as Consumer),
    credentials: of('keyauth_credentials', (one) => credential(one, now)),
    plugins: of('plugins', (one) => pluginEntity(one, options)),
    upstreams: of('upstreams', (one) => upstreamEntity(one, placed)),
    certificates: of('certificates', (one) => stamped(one, now) as unknown as Certificate),
    caCertificates: of('ca_certificates', (one) => stamped(one, now) as unknown as Certificate),
    vaults: new Vaults(
      options.env,
      of('vaults', ({ node }) => stripNulls(node.fields) as unknown as VaultEntity),
    ),
  };
}

/** Kong derives an id from the entity's name; an entity without one gets a new id at every load. */
function idOf(node: Node, ids: ReadonlyMap<Node, string>): string {
  if (typeof node.fields.id === 'string') return node.fields.id;
  if (node.kind === 'plugins') return entityId('plugins', pluginKey(node, ids));
  const key = node.fields[KEYS[node.kind] ?? ''];
  return typeof key === 'string' ? entityId(node.kind, key) : randomUUID();
}

function pluginKey({ fields, parent }: Node, ids: ReadonlyMap<Node, string>): string {
  const scope = ['route', 'service', 'consumer'].map((key) => {
    if (parent?.key === key) return ids.get(parent.node) ?? '';
    return typeof fields[key] === 'string' ? fields[key] : '';
  });
  return ['plugins', '*', fields.name, ...scope].join(':');
}

function place(
  node: Node,
  nodes: readonly Node[],
  ids: ReadonlyMap<Node, string>,
  errors: ErrorTree,
): Placed {
  const foreign: Record<string, string> = {};
  for (const [key, kind] of Object.entries(FOREIGN)) {
    const reference = node.fields[key];
    if (node.parent?.key === key) foreign[key] = ids.get(node.parent.node) ?? '';
    else if (typeof reference === 'string') {
      const found = nodes.find((one) => one.kind === kind && isNamed(one, reference, ids));
      if (found === undefined) {
        const message = `invalid reference '${key}: ${reference}' (no such entry in '${kind}')`;
        setFieldError(
          errors,
          node.kind,
          new Map([[nodes.filter((n) => n.kind === node.kind).indexOf(node) + 1, message]]),
        );
      } else foreign[key] = ids.get(found) ?? '';
    }
  }
  return { node, id: ids.get(node) ?? '', foreign };
}

function isNamed(node: Node, reference: string, ids: ReadonlyMap<Node, string>): boolean {
  return node.fields[KEYS[node.kind] ?? ''] === reference || ids.get(node) === reference;
}

function checkUniqueness(nodes: readonly Node[], ids: ReadonlyMap<Node, string>, errors: ErrorTree): void {
  const seen = new Set<string>();
  for (const node of nodes) {
    for (const field of UNIQUE[node.kind] ?? []) {
      const value = field === 'id' ? ids.get(node) : node.fields[field];
      if (value === undefined || value === null) continue;
      const key = `${node.kind}:${field}:${String(value)}`;
      if (seen.has(key) && !errors.has(node.kind)) {
        const what = field === 'id' ? 'primary key' : field;
        errors.set(
          node.kind,
          `uniqueness violation: '${node.kind}' entity with ${what} set to '${String(value)}' already declared`,
        );
      }
      seen.add(key);
    }
  }
}

/** The entity as plugins see it: no nulls, its id, the ids of what it belongs to. */
function stamped({ node, id, foreign }: Placed, now: number): Table {
  const references = Object.entries(foreign).map(([key, value]) => [key, { id: value }]);
  const entity = { created_at: now, updated_at: now, ...stripNulls(node.fields), id };
  return { ...entity, ...Object.fromEntries(references) };
}

function credential(one: Placed, now: number): Credential {
  const { updated_at: _, ...entity } = stamped(one, now);
  return entity as unknown as Credential;
}

function upstreamEntity({ node, id }: Placed, placed: readonly Placed[]): UpstreamEntity {
  const targets = placed
    .filter((one) => one.node.kind === 'targets' && one.foreign.upstream === id)
    .map(({ node: { fields } }) => {
      const [host = '', port] = String(fields.target).split(':');
      return { host, port: Number(port) };
    });
  const { name, host_header: hostHeader } = node.fields;
  return {
    name: String(name),
    targets,
    ...(typeof hostHeader === 'string' ? { host_header: hostHeader } : {}),
  };
}

function pluginEntity({ node, id, foreign }: Placed, { plugins }: LoadOptions): PluginEntity {
  const schema = plugins.get(String(node.fields.name));
  if (schema === undefined) throw new Error(`plugin '${String(node.fields.name)}' has no schema`);
  return {
    id,
    name: schema.name,
    enabled: node.fields.enabled === true,
    schema,
    config: (node.fields.config ?? {}) as Table,
    ...(typeof node.fields.instance_name === 'string' ? { instanceName: node.fields.instance_name } : {}),
    ...(foreign.route === undefined ? {} : { routeId: foreign.route }),
    ...(foreign.service === undefined ? {} : { serviceId: foreign.service }),
    ...(foreign.consumer === undefined ? {} : { consumerId: foreign.consumer }),
  };
}

function stripNulls(table: Table): Table {
  const entries = Object.entries(table).filter(([, value]) => value !== null && value !== undefined);
  return Object.fromEntries(
    entries.map(([key, value]) => [key, isTable(value) && !Array.isArray(value) ? stripNulls(value) : value]),
  );
}
