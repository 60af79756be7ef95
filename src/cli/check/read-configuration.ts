/** Reads a declarative configuration, as far as it says where which plugin runs. */
import { LineCounter, parseDocument, type ScalarTag } from 'yaml';
import type { Finding } from './finding.ts';
import {
  type Entity,
  type EntityKind,
  isTable,
  type PluginEntity,
  type ScopeKey,
  scopedName,
  type Table,
} from './model.ts';

export interface Configuration {
  entities: Entity[];
  /** Enabled and disabled ones. */
  plugins: PluginEntity[];
  /** What Kong would refuse, or read otherwise than it looks. */
  problems: Finding[];
}

/** Which kinds nest in which, and what the nested ones call the outer one. */
const KINDS: Record<EntityKind, { scope: ScopeKey; children: readonly ('routes' | 'plugins')[] }> = {
  services: { scope: 'service', children: ['plugins', 'routes'] },
  routes: { scope: 'route', children: ['plugins'] },
  consumers: { scope: 'consumer', children: ['plugins'] },
  consumer_groups: { scope: 'consumer_group', children: ['plugins'] },
};
const ENTITY_KINDS = Object.keys(KINDS) as EntityKind[];

/** The fields by which a reference can name an entity. */
const NAME_FIELDS = ['name', 'username', 'custom_id', 'id'];

/** Uses of one anchor, times the anchors in it: enough for a shared plugin list, too few for a bomb. */
const MAX_ALIASES = 100_000;

/** @param file the name under which findings speak of the text */
export function readConfiguration(text: string, file: string): Configuration {
  const reader = new Reader(file);
  const document = reader.parse(text);
  if (document) reader.read(document);
  return reader.configuration;
}

class Reader {
  readonly configuration: Configuration = { entities: [], plugins: [], problems: [] };
  readonly #file: string;
  readonly #byName = new Map<string, Entity>();
  readonly #pluginNodes: { fields: Table; place: string; parent: Entity | undefined }[] = [];

  constructor(file: string) {
    this.#file = file;
  }

  /** The parser's own messages quote the text, so only their codes are used. */
  parse(text: string): Table | undefined {
    const lineCounter = new LineCounter();
    const document = parseDocument(text, {
      merge: true,
      customTags: [words],
      lineCounter,
      prettyErrors: false,
    });
    for (const { code, pos } of document.errors) {
      const { line, col } = lineCounter.linePos(pos[0]);
      this.#refuse(this.#file, `line ${line}, column ${col} is not valid YAML: ${code}`);
    }
    if (document.errors.length > 0) return undefined;
    const value = toTable(() => document.toJS({ maxAliasCount: MAX_ALIASES }));
    if (!value)
      this.#refuse(this.#file, 'this is not a declarative configuration: expected a map of entities');
    return value;
  }

  read(document: Table): void {
    if (document._format_version !== '3.0') {
      const problem = '_format_version is not the text "3.0", so this check would guess what the rest means';
      this.#refuse(this.#file, problem, '`deck file convert` brings older files up to date');
    }
    for (const kind of [...ENTITY_KINDS, 'plugins'] as const) this.#readList(kind, document, this.#file);
    for (const node of this.#pluginNodes) this.#readPlugin(node);
    this.#refuseTwins();
  }

  #readList(kind: EntityKind | 'plugins', owner: Table, ownerPlace: string, parent?: Entity): void {
    const list = owner[kind];
    if (list === undefined || list === null) return;
    const place = parent ? `${ownerPlace}.${kind}` : `${ownerPlace} ${kind}`;
    if (!Array.isArray(list)) {
      this.#refuse(place, 'expected a list');
      return;
    }
    const labels = labelsOf(list);
    for (const [index, fields] of list.entries()) {
      if (!isTable(fields)) {
        this.#refuse(`${place}[${labels[index]}]`, 'expected a map');
        continue;
      }
      const entityPlace = `${place}[${labels[index]}]`;
      if (kind === 'plugins') this.#pluginNodes.push({ fields, place: entityPlace, parent });
      else this.#readEntity(kind, fields, entityPlace, parent);
    }
  }

  #readEntity(kind: EntityKind, fields: Table, place: string, parent: Entity | undefined): void {
    const service = parent ?? (kind === 'routes' ? this.#resolve('service', fields, place) : undefined);
    const id = this.configuration.entities.length;
    const entity: Entity = { kind, id, place, fields, ...(service ? { service } : {}) };
    this.configuration.entities.push(entity);
    for (const name of namesOf(fields)) {
      const key = `${KINDS[kind].scope} ${name}`;
      if (!this.#byName.has(key)) this.#byName.set(key, entity);
    }
    for (const child of KINDS[kind].children) this.#readList(child, fields, place, entity);
  }

  #readPlugin({ fields, place, parent }: { fields: Table; place: string; parent: Entity | undefined }): void {
    const scope: { [key in ScopeKey]?: Entity } = {};
    for (const kind of ENTITY_KINDS) {
      const { scope: key } = KINDS[kind];
      const entity = parent?.kind === kind ? parent : this.#resolve(key, fields, place);
      if (entity) scope[key] = entity;
    }
    const { name, config = {} } = fields;
    if (typeof name !== 'string') this.#refuse(place, 'a plugin needs a name');
    else if (config !== null && !isTable(config)) this.#refuse(place, 'config: expected a map');
    else this.configuration.plugins.push({ name, place, fields, config: config ?? {}, scope });
  }

  /** @returns the entity that a field like `service: openai` names */
  #resolve(key: ScopeKey, fields: Table, place: string): Entity | undefined {
    const reference = fields[key];
    if (reference === undefined || reference === null) return undefined;
    const names = isTable(reference) ? namesOf(reference) : [String(reference)];
    const found = names.map((name) => this.#byName.get(`${key} ${name}`)).find((entity) => entity);
    if (!found)
      this.#refuse(place, `${key}: it names nothing in this file, so it is unknown where the plugin runs`);
    return found;
  }

  /** Kong refuses them, and the natural way to add the guard beside another post-function makes some. */
  #refuseTwins(): void {
    const seen = new Set<string>();
    for (const plugin of this.configuration.plugins) {
      const key = scopedName(plugin.name, plugin.scope);
      if (seen.has(key))
        this.#refuse(
          plugin.place,
          'this plugin is configured twice for the same traffic',
          'make one of the two',
        );
      seen.add(key);
    }
  }

  #refuse(place: string, problem: string, remedy?: string): void {
    this.configuration.problems.push({ level: 'error', place, problem, ...(remedy ? { remedy } : {}) });
  }
}

/** The words of YAML 1.1 that Kong's reader takes for booleans, beside `true` and `false`. */
const words: ScalarTag = {
  tag: 'tag:yaml.org,2002:bool',
  default: true,
  test: /^(?:yes|Yes|YES|no|No|NO|on|On|ON|off|Off|OFF)$/,
  resolve: (word) => /^(?:yes|on)$/i.test(word),
};

/** Aliases that multiply without end, or point nowhere, show only here. */
function toTable(read: () => unknown): Table | undefined {
  try {
    const value = read();
    return isTable(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** An entry is told from its siblings by its number only where its name does not do it. */
function labelsOf(list: unknown[]): string[] {
  const names = list.map((fields) => (isTable(fields) ? namesOf(fields)[0] : undefined));
  const counts = new Map<string, number>();
  for (const name of names) if (name !== undefined) counts.set(name, (counts.get(name) ?? 0) + 1);
  return names.map((name, index) => {
    if (name === undefined) return `#${index + 1}`;
    return counts.get(name) === 1 ? name : `${name} #${index + 1}`;
  });
}

function namesOf(fields: Table): string[] {
  return NAME_FIELDS.map((field) => fields[field]).filter((name) => typeof name === 'string');
}
