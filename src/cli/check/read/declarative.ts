/** Reads a declarative configuration of Kong, or a file of decK's, as far as it says where which plugin runs. */
import { didYouMean } from '../did-you-mean.ts';
import { type EntityKind, isTable, type Table } from '../model.ts';
import type { Place } from '../place.ts';
import {
  type ConfigurationBuilder,
  type EntityDraft,
  namesOf,
  REFERENCE_KEYS,
} from './configuration-builder.ts';

type ListName = EntityKind | 'plugins';

/** Which kinds nest in which. */
const CHILDREN: Record<EntityKind, readonly ListName[]> = {
  services: ['plugins', 'routes'],
  routes: ['plugins'],
  consumers: ['plugins'],
  consumer_groups: ['plugins'],
};
/** The lists at the top that say where which plugin runs, and what it depends on. */
const TOP_LEVEL = [...Object.keys(CHILDREN), 'plugins', 'vaults', 'upstreams', 'targets'];

export function isDeclarative(value: unknown): value is Table {
  return isTable(value) && ('_format_version' in value || TOP_LEVEL.some((name) => name in value));
}

/** Configurations of different workspaces or control planes never run together. */
export function spaceOf(document: Table): string {
  const { _workspace: workspace, _konnect: konnect } = document;
  const plane = isTable(konnect) ? konnect.control_plane_name : undefined;
  return JSON.stringify([workspace ?? 'default', plane ?? null]);
}

export function readDeclarative(document: Table, place: Place, builder: ConfigurationBuilder): void {
  if (document._format_version !== '3.0') {
    builder.add({
      code: 'format-version',
      level: 'error',
      place: place.at('_format_version'),
      problem: '_format_version is not the text "3.0", so this check would guess what the rest means',
      remedy: '`deck file convert` brings older files up to date',
    });
  }
  new DeclarativeReader(document, builder).read(place);
}

/** What Kong's Admin API answers to `GET /services`, `/plugins` and so on, kept in a file. */
export function isAdminDump(value: unknown): value is Table & { data: unknown[] } {
  return isTable(value) && Array.isArray(value.data);
}

export function readAdminDump(
  { data, next }: Table & { data: unknown[] },
  place: Place,
  builder: ConfigurationBuilder,
): void {
  if (typeof next === 'string') {
    builder.add({
      code: 'incomplete-dump',
      level: 'error',
      place: place.at('next'),
      problem: 'this is one page of several, so what is on the others is not checked',
      remedy: 'let --admin-url read all of them',
    });
  }
  const name = listNameOf(data.find(isTable) ?? {});
  if (name) new DeclarativeReader({}, builder).readTop(name, data, place.at('data').named(name));
  else if (data.length > 0) builder.refuse(place.at('data'), 'it is unknown what this is a list of');
}

/** By the fields that only one kind of entity has, and always. */
function listNameOf(fields: Table): string | undefined {
  const has = (...names: string[]) => names.every((name) => name in fields);
  if (has('name', 'config', 'prefix')) return 'vaults';
  if (has('name', 'config')) return 'plugins';
  if (has('strip_path', 'preserve_host')) return 'routes';
  if (has('host', 'connect_timeout')) return 'services';
  if (has('target', 'upstream')) return 'targets';
  if (has('slots', 'algorithm')) return 'upstreams';
  if ('username' in fields || 'custom_id' in fields) return 'consumers';
  return has('name', 'created_at') ? 'consumer_groups' : undefined;
}

class DeclarativeReader {
  readonly #document: Table;
  readonly #builder: ConfigurationBuilder;
  /** decK: what an entity has where the file does not say it, by kind without the plural's s. */
  readonly #defaults: Table;
  /** decK: configurations that several plugins name by `_config`. */
  readonly #shared: Table;

  constructor(document: Table, builder: ConfigurationBuilder) {
    const { _info: info, _plugin_configs: shared } = document;
    this.#document = document;
    this.#builder = builder;
    this.#defaults = isTable(info) && isTable(info.defaults) ? info.defaults : {};
    this.#shared = isTable(shared) ? shared : {};
    const lookups = isTable(info) && isTable(info.default_lookup_tags) ? info.default_lookup_tags : {};
    for (const kind of Object.keys(CHILDREN) as EntityKind[])
      if (kind in lookups) builder.expectElsewhere(kind);
  }

  read(place: Place): void {
    for (const name of Object.keys(this.#document)) this.#refuseMisspelt(name, place);
    for (const name of TOP_LEVEL) this.readTop(name, this.#document[name], place.at(name).named(name));
  }

  /** A list as it stands at the top of a file. */
  readTop(name: string, list: unknown, place: Place): void {
    for (const { fields, place: at } of this.#entries(list, place)) this.#readOne(name, fields, at);
  }

  #readOne(name: string, fields: Table, place: Place): void {
    if (name === 'plugins') this.#readPlugin(fields, place, undefined);
    else if (isKind(name)) this.#readEntity(name, fields, place);
    else if (name === 'vaults') this.#builder.addVault(fields, place);
    else if (name === 'upstreams') this.#builder.addTargets(String(fields.name), targetsOf(fields.targets));
    else if (name === 'targets')
      for (const upstream of isTable(fields.upstream) ? namesOf(fields.upstream) : [String(fields.upstream)])
        this.#builder.addTargets(upstream, targetsOf([fields]));
  }

  #refuseMisspelt(name: string, place: Place): void {
    if (name.startsWith('_') || TOP_LEVEL.includes(name)) return;
    const remedy = didYouMean(name, TOP_LEVEL);
    if (remedy) this.#builder.refuse(place.at(name), `${name}: Kong knows no such list`, remedy);
  }

  #entries(list: unknown, listPlace: Place): { fields: Table; place: Place }[] {
    if (list === undefined || list === null) return [];
    if (!Array.isArray(list)) {
      this.#builder.refuse(listPlace, 'expected a list');
      return [];
    }
    const labels = labelsOf(list);
    return list.flatMap((fields, index) => {
      const place = listPlace.at(index).named(`${listPlace.path}[${labels[index]}]`);
      if (isTable(fields)) return [{ fields, place }];
      this.#builder.refuse(place, 'expected a map');
      return [];
    });
  }

  #readEntity(kind: EntityKind, own: Table, place: Place, parent?: EntityDraft): void {
    const fields = { ...this.#defaultsOf(kind), ...own };
    const draft = this.#builder.addEntity({ kind, fields, place, ...(parent ? { parent } : {}) });
    for (const child of CHILDREN[kind]) {
      const listPlace = place.at(child).named(`${place.path}.${child}`);
      for (const { fields: inner, place: at } of this.#entries(fields[child], listPlace))
        if (child === 'plugins') this.#readPlugin(inner, at, draft);
        else this.#readEntity(child, inner, at, draft);
    }
  }

  #readPlugin(own: Table, place: Place, parent: EntityDraft | undefined): void {
    const fields = this.#withShared(own, place);
    this.#builder.addPlugin(fields, place, parent ? { [REFERENCE_KEYS[parent.kind]]: parent } : {});
  }

  /** As decK merges them: what the plugin says itself counts. */
  #withShared(own: Table, place: Place): Table {
    const { _config: name, config } = own;
    if (name === undefined || name === null) return own;
    const shared = this.#shared[String(name)];
    if (!isTable(shared)) {
      const remedy = didYouMean(String(name), Object.keys(this.#shared));
      const problem = '_config: _plugin_configs has nothing of this name';
      this.#builder.refuse(place.at('_config'), problem, remedy ?? 'add it to _plugin_configs');
      return own;
    }
    return { ...own, config: { ...shared, ...(isTable(config) ? config : {}) } };
  }

  #defaultsOf(kind: EntityKind): Table {
    const defaults = this.#defaults[REFERENCE_KEYS[kind]];
    return isTable(defaults) ? defaults : {};
  }
}

function isKind(name: string): name is EntityKind {
  return name in CHILDREN;
}

function targetsOf(list: unknown): string[] {
  const targets = Array.isArray(list) ? list.filter(isTable) : [];
  return targets.map(({ target }) => String(target).replace(/:\d+$/, ''));
}

/** An entry is told from its siblings by its number only where its name does not do it. */
function labelsOf(list: unknown[]): string[] {
  const names = list.map((fields) => (isTable(fields) ? labelOf(fields) : undefined));
  const counts = new Map<string, number>();
  for (const name of names) if (name !== undefined) counts.set(name, (counts.get(name) ?? 0) + 1);
  return names.map((name, index) => {
    if (name === undefined) return `#${index + 1}`;
    return counts.get(name) === 1 ? name : `${name} #${index + 1}`;
  });
}

function labelOf(fields: Table): string | undefined {
  return namesOf(fields)[0] ?? (typeof fields.prefix === 'string' ? fields.prefix : undefined);
}
