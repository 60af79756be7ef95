/** Puts together what stands in several files: references are followed once everything is there. */
import { didYouMean } from '../did-you-mean.ts';
import type { Finding } from '../finding.ts';
import {
  type Configuration,
  type Entity,
  type EntityKind,
  isTable,
  type Scope,
  type ScopeKey,
  scopedName,
  type Table,
} from '../model.ts';
import type { Place } from '../place.ts';
import { isTemplate } from '../vault-reference.ts';

/** What plugins and routes call the entities of a kind. */
export const REFERENCE_KEYS: Record<EntityKind, ScopeKey> = {
  services: 'service',
  routes: 'route',
  consumers: 'consumer',
  consumer_groups: 'consumer_group',
};
const ENTITY_KINDS = Object.keys(REFERENCE_KEYS) as EntityKind[];

/** The fields by which a reference can name an entity. */
const NAME_FIELDS = ['name', 'username', 'custom_id', 'id'];

/** An entity whose references are not followed yet. */
export interface EntityDraft {
  kind: EntityKind;
  fields: Table;
  place: Place;
  /** The entity in which it stands. */
  parent?: EntityDraft;
}

interface PluginDraft {
  fields: Table;
  place: Place;
  scope: { readonly [key in ScopeKey]?: EntityDraft };
}

export class ConfigurationBuilder {
  readonly #configuration: Configuration;
  readonly #drafts: EntityDraft[] = [];
  readonly #pluginDrafts: PluginDraft[] = [];
  readonly #entities = new Map<EntityDraft, Entity>();
  readonly #byName = new Map<string, Entity>();
  /** What a file says is elsewhere: decK looks it up in Kong. */
  readonly #elsewhere = new Set<ScopeKey>();
  #ids = 0;

  constructor(place: Place) {
    this.#configuration = {
      place,
      ...{ entities: [], plugins: [], vaults: [], targets: new Map(), problems: [] },
    };
  }

  addEntity(draft: EntityDraft): EntityDraft {
    this.#drafts.push(draft);
    return draft;
  }

  /** @param scope what it stands in; what its fields name comes on top */
  addPlugin(fields: Table, place: Place, scope: PluginDraft['scope'] = {}): void {
    this.#pluginDrafts.push({ fields, place, scope });
  }

  addVault(fields: Table, place: Place): void {
    this.#configuration.vaults.push({ fields, place });
  }

  addTargets(upstream: string, hosts: string[]): void {
    const { targets } = this.#configuration;
    targets.set(upstream, [...(targets.get(upstream) ?? []), ...hosts]);
  }

  add(problem: Finding): void {
    this.#configuration.problems.push(problem);
  }

  refuse(place: Place, problem: string, remedy = 'mend the entity'): void {
    this.add({ code: 'malformed-entity', level: 'error', place, problem, remedy });
  }

  expectElsewhere(kind: EntityKind): void {
    this.#elsewhere.add(REFERENCE_KEYS[kind]);
  }

  build(): Configuration {
    const isRoute = ({ kind }: EntityDraft) => kind === 'routes';
    for (const draft of this.#drafts.filter((one) => !isRoute(one))) this.#create(draft);
    for (const draft of this.#drafts.filter(isRoute)) this.#create(draft);
    const { entities } = this.#configuration;
    // In the order of the files.
    entities.push(...this.#drafts.flatMap((draft) => this.#entities.get(draft) ?? []));
    for (const draft of this.#pluginDrafts) this.#createPlugin(draft);
    this.#refuseTwins();
    return this.#configuration;
  }

  #create(draft: EntityDraft): void {
    const { kind, fields, place, parent } = draft;
    const service =
      kind === 'routes'
        ? ((parent && this.#entities.get(parent)) ?? this.#resolve('service', fields, place))
        : undefined;
    const entity: Entity = { kind, id: this.#ids++, place, fields, ...(service ? { service } : {}) };
    this.#entities.set(draft, entity);
    for (const name of namesOf(fields)) {
      const key = `${REFERENCE_KEYS[kind]} ${name}`;
      if (!this.#byName.has(key)) this.#byName.set(key, entity);
    }
  }

  #createPlugin({ fields, place, scope: standing }: PluginDraft): void {
    const { name, config = {} } = fields;
    const isShaped = config === null || isTable(config);
    if (typeof name !== 'string') this.refuse(place, 'a plugin needs a name');
    else if (!isShaped) this.refuse(place.at('config'), 'config: expected a map');
    if (typeof name !== 'string' || !isShaped) return;
    this.#refuseShapes(fields, place);
    const scope: { -readonly [key in ScopeKey]?: Entity } = {};
    for (const kind of ENTITY_KINDS) {
      const key = REFERENCE_KEYS[kind];
      const parent = standing[key];
      const entity = (parent && this.#entities.get(parent)) ?? this.#resolve(key, fields, place);
      if (entity) scope[key] = entity;
    }
    this.#configuration.plugins.push({ name, place, fields, config: config ?? {}, scope: scope as Scope });
  }

  /** Kong refuses them, and takes them for neither on nor off. */
  #refuseShapes({ enabled = null, protocols = null }: Table, place: Place): void {
    if (enabled !== null && typeof enabled !== 'boolean' && !isTemplate(enabled))
      this.refuse(place.at('enabled'), 'enabled: expected true or false');
    if (protocols !== null && !Array.isArray(protocols) && !isTemplate(protocols))
      this.refuse(place.at('protocols'), 'protocols: expected a list');
  }

  /**
   * The entity that a field like `service: openai` names. What is named and not there is an entity of its own, on which
   * nothing else runs: a plugin of it must not be taken for one of everything.
   */
  #resolve(key: ScopeKey, fields: Table, place: Place): Entity | undefined {
    const reference = fields[key];
    if (reference === undefined || reference === null) return undefined;
    const names = isTable(reference) ? namesOf(reference) : [String(reference)];
    const found = names.map((name) => this.#byName.get(`${key} ${name}`)).find((entity) => entity);
    if (found) return found;
    if (!this.#elsewhere.has(key)) this.#refuseReference(key, names[0] ?? '', place.at(key));
    const kind = ENTITY_KINDS.find((one) => REFERENCE_KEYS[one] === key) ?? 'services';
    return { kind, id: this.#ids++, place, fields: {} };
  }

  #refuseReference(key: ScopeKey, name: string, place: Place): void {
    const known = [...this.#byName.keys()]
      .filter((one) => one.startsWith(`${key} `))
      .map((one) => one.slice(key.length + 1));
    this.add({
      code: 'unknown-reference',
      level: 'error',
      place,
      problem: `${key}: it names nothing that was read, so it is unknown where the plugin runs`,
      remedy: didYouMean(name, known) ?? 'give this check every file that Kong gets',
    });
  }

  /** Kong refuses them, and the natural way to add the guard beside another post-function makes some. */
  #refuseTwins(): void {
    const seen = new Set<string>();
    for (const { name, scope, place } of this.#configuration.plugins) {
      const key = scopedName(name, scope);
      if (seen.has(key)) {
        const problem = 'this plugin is configured twice for the same traffic';
        this.add({ code: 'duplicate-plugin', level: 'error', place, problem, remedy: 'make one of the two' });
      }
      seen.add(key);
    }
  }
}

export function namesOf(fields: Table): string[] {
  return NAME_FIELDS.map((field) => fields[field]).filter((name) => typeof name === 'string');
}
