/**
 * Reads the manifests of Kong's Ingress Controller, and makes of them what the controller makes: plugins are scoped by the
 * annotation `konghq.com/plugins` of what they run on.
 *
 * @see https://developer.konghq.com/kubernetes-ingress-controller/reference/annotations/
 */
import { didYouMean } from '../did-you-mean.ts';
import { type EntityKind, isTable, type ScopeKey, stringsOf, type Table } from '../model.ts';
import type { Place } from '../place.ts';
import { type ConfigurationBuilder, type EntityDraft, REFERENCE_KEYS } from './configuration-builder.ts';

const INGRESS_CLASS = 'kubernetes.io/ingress.class';
const KONG = 'konghq.com/';

export interface Manifest {
  kind: string;
  name: string;
  namespace: string;
  annotations: Table;
  fields: Table;
  spec: Table;
  place: Place;
}

export function isManifest(value: unknown): value is Table {
  return isTable(value) && typeof value.apiVersion === 'string' && typeof value.kind === 'string';
}

/** What `kubectl get -o yaml` prints is a list of manifests. */
export function manifestsOf(value: Table, place: Place): Manifest[] {
  if (Array.isArray(value.items))
    return value.items.flatMap((item, index) =>
      isManifest(item) ? manifestsOf(item, place.at('items', index)) : [],
    );
  const metadata = isTable(value.metadata) ? value.metadata : {};
  const [kind, name] = [String(value.kind), String(metadata.name)];
  const namespace = typeof metadata.namespace === 'string' ? metadata.namespace : 'default';
  return [
    {
      ...{ kind, name, namespace, fields: value },
      annotations: isTable(metadata.annotations) ? metadata.annotations : {},
      spec: isTable(value.spec) ? value.spec : {},
      place: place.named(`${kind}[${name}]`),
    },
  ];
}

/** @param manifests of all files: an annotation can name what stands in another one */
export function readManifests(manifests: readonly Manifest[], builder: ConfigurationBuilder): void {
  new ManifestReader(manifests, builder).read();
}

/** By kind, the protocols of the routes that the controller makes. */
const ROUTE_KINDS: Record<string, string[]> = {
  HTTPRoute: ['http', 'https'],
  GRPCRoute: ['grpc', 'grpcs'],
  TCPRoute: ['tcp'],
  TLSRoute: ['tls_passthrough'],
  UDPRoute: ['udp'],
};
const INGRESS_KINDS: Record<string, string[]> = {
  Ingress: ['http', 'https'],
  TCPIngress: ['tcp'],
  UDPIngress: ['udp'],
};
const CONSUMER_KINDS: Record<string, EntityKind> = {
  KongConsumer: 'consumers',
  KongConsumerGroup: 'consumer_groups',
};
/** The controller reads them only where the annotation names its class. */
const CLASSED = ['KongClusterPlugin', 'KongVault', 'KongConsumer', 'KongConsumerGroup'];

interface Backend {
  name: string;
  namespace: string;
  port: unknown;
}

class ManifestReader {
  readonly #manifests: readonly Manifest[];
  readonly #builder: ConfigurationBuilder;
  readonly #services = new Map<string, EntityDraft>();
  /** What each plugin is named on. */
  readonly #uses = new Map<Manifest, EntityDraft[]>();

  constructor(manifests: readonly Manifest[], builder: ConfigurationBuilder) {
    this.#manifests = manifests;
    this.#builder = builder;
  }

  read(): void {
    for (const manifest of this.#manifests) {
      if (CLASSED.includes(manifest.kind)) this.#expectClass(manifest);
      this.#readOne(manifest);
    }
    for (const manifest of this.#manifests) if (isPlugin(manifest)) this.#readPlugin(manifest);
  }

  #readOne(manifest: Manifest): void {
    const { kind, spec, place, fields } = manifest;
    const consumerKind = CONSUMER_KINDS[kind];
    if (kind === 'KongVault')
      this.#builder.addVault({ ...spec, name: spec.backend }, place.at('spec').named(place.path));
    else if (consumerKind) {
      const named = consumerKind === 'consumers' ? fields : { name: manifest.name };
      this.#use(manifest, this.#builder.addEntity({ kind: consumerKind, fields: named, place }));
    } else if (kind in INGRESS_KINDS) this.#readIngress(manifest, INGRESS_KINDS[kind] ?? []);
    else if (kind in ROUTE_KINDS) this.#readRoute(manifest, ROUTE_KINDS[kind] ?? []);
  }

  #expectClass({ annotations, place, kind }: Manifest): void {
    if (INGRESS_CLASS in annotations) return;
    this.#builder.add({
      code: 'ignored-manifest',
      level: 'error',
      place: place.at('metadata'),
      problem: `without the annotation ${INGRESS_CLASS} the Ingress Controller ignores a ${kind}`,
      remedy: `add ${INGRESS_CLASS}: kong to metadata.annotations`,
    });
  }

  #readIngress(manifest: Manifest, protocols: string[]): void {
    const { spec, place, namespace } = manifest;
    const add = (paths: readonly unknown[], backend: unknown, at: Place) => {
      const service = backendOf(backend, namespace);
      const fields = { paths, protocols: protocolsOf(manifest, protocols) };
      this.#addRoute(manifest, fields, service, at);
    };
    if (isTable(spec.defaultBackend)) add([], spec.defaultBackend, place.at('spec', 'defaultBackend'));
    for (const [index, rule] of tablesOf(spec.rules).entries()) {
      const at = place.at('spec', 'rules', index);
      const http = isTable(rule.http) ? rule.http : undefined;
      if (!http) add([], rule.backend, at);
      for (const [number, path] of tablesOf(http?.paths).entries())
        add([path.path], path.backend, at.at('http', 'paths', number));
    }
  }

  #readRoute(manifest: Manifest, protocols: string[]): void {
    const { spec, place, namespace } = manifest;
    for (const [index, rule] of tablesOf(spec.rules).entries()) {
      const at = place.at('spec', 'rules', index);
      const paths = tablesOf(rule.matches).map(({ path }) => (isTable(path) ? path.value : '/'));
      const filters = tablesOf(rule.filters).flatMap(({ extensionRef }) =>
        isTable(extensionRef) && extensionRef.kind === 'KongPlugin' ? String(extensionRef.name) : [],
      );
      const fields = { paths, protocols: protocolsOf(manifest, protocols) };
      for (const backend of tablesOf(rule.backendRefs))
        this.#addRoute(manifest, fields, backendOf(backend, namespace), at, filters);
    }
  }

  #addRoute(
    manifest: Manifest,
    fields: Table,
    backend: Backend | undefined,
    place: Place,
    further: string[] = [],
  ): void {
    const paths = stringsOf(fields.paths).join(', ');
    const parent = backend && this.#serviceOf(backend, place);
    const route = this.#builder.addEntity({
      kind: 'routes',
      fields: { ...fields, headers: headersOf(manifest) },
      place: place.named(`${manifest.place.path}${paths === '' ? '' : ` ${paths}`}`),
      ...(parent ? { parent } : {}),
    });
    this.#use(manifest, route, further);
  }

  /** One Kong service for each port of a Kubernetes one. */
  #serviceOf({ name, namespace, port }: Backend, user: Place): EntityDraft {
    const key = JSON.stringify([namespace, name, port]);
    const known = this.#services.get(key);
    if (known) return known;
    const manifest = this.#manifests.find(
      (one) => one.kind === 'Service' && one.name === name && one.namespace === namespace,
    );
    const { spec = {}, annotations = {}, place = user } = manifest ?? {};
    const host = annotations[`${KONG}host-header`] ?? spec.externalName ?? `${name}.${namespace}.svc`;
    const verify = annotations[`${KONG}tls-verify`];
    const fields = {
      name: `${namespace}.${name}`,
      ...{ host, port, protocol: annotations[`${KONG}protocol`] ?? 'http' },
      ...(verify === undefined ? {} : { tls_verify: String(verify) === 'true' }),
    };
    const draft = this.#builder.addEntity({
      kind: 'services',
      fields,
      place: place.named(`Service[${name}]`),
    });
    this.#services.set(key, draft);
    if (manifest) this.#use(manifest, draft);
    else this.#refuseService(name, user);
    return draft;
  }

  #refuseService(name: string, place: Place): void {
    const known = this.#manifests.filter(({ kind }) => kind === 'Service').map((one) => one.name);
    this.#builder.add({
      code: 'unknown-reference',
      level: 'warning',
      place,
      problem: 'the Service of this route is not among the manifests, so its plugins are unknown',
      remedy: didYouMean(name, known) ?? 'give this check every file that Kong gets',
    });
  }

  /** Notes what the annotation of a manifest names. */
  #use(manifest: Manifest, draft: EntityDraft, further: string[] = []): void {
    const { annotations, namespace, place } = manifest;
    const annotated = stringsOf(annotations[`${KONG}plugins`]).flatMap((names) => names.split(','));
    const names = [...annotated, ...further].map((name) => name.trim()).filter((name) => name !== '');
    for (const name of names) {
      const plugin = this.#pluginNamed(name, namespace);
      if (plugin) this.#uses.set(plugin, [...(this.#uses.get(plugin) ?? []), draft]);
      else this.#refusePlugin(name, place.at('metadata', 'annotations', `${KONG}plugins`));
    }
  }

  #pluginNamed(name: string, namespace: string): Manifest | undefined {
    const [own, other] = name.includes(':') ? name.split(':') : [namespace, name];
    return (
      this.#manifests.find(
        (one) => one.kind === 'KongPlugin' && one.name === other && one.namespace === own,
      ) ?? this.#manifests.find((one) => one.kind === 'KongClusterPlugin' && one.name === name)
    );
  }

  #refusePlugin(name: string, place: Place): void {
    const problem = `${KONG}plugins: it names no plugin among the manifests of its namespace`;
    const known = this.#manifests.filter(isPlugin).map((one) => one.name);
    const remedy = didYouMean(name, known) ?? 'give this check every file that Kong gets';
    this.#builder.add({ code: 'unknown-reference', level: 'error', place, problem, remedy });
  }

  #readPlugin(manifest: Manifest): void {
    const { fields, place, kind } = manifest;
    const { plugin, disabled, ...own } = fields;
    const entity = { ...own, name: plugin, ...(disabled === true ? { enabled: false } : {}) };
    if (kind === 'KongClusterPlugin' && isGlobal(fields)) this.#builder.addPlugin(entity, place);
    for (const scope of scopesOf(this.#uses.get(manifest) ?? []))
      this.#builder.addPlugin(entity, place, scope);
  }
}

function isPlugin({ kind }: Manifest): boolean {
  return kind === 'KongPlugin' || kind === 'KongClusterPlugin';
}

function isGlobal({ metadata }: Table): boolean {
  const labels = isTable(metadata) && isTable(metadata.labels) ? metadata.labels : {};
  return String(labels.global) === 'true';
}

/** A plugin that is named on callers and on routes runs where both meet. */
function scopesOf(used: readonly EntityDraft[]): { [key in ScopeKey]?: EntityDraft }[] {
  const scoped = (draft: EntityDraft) => ({ [REFERENCE_KEYS[draft.kind]]: draft });
  const isCaller = ({ kind }: EntityDraft) => kind === 'consumers' || kind === 'consumer_groups';
  const callers = used.filter(isCaller);
  const others = used.filter((draft) => !isCaller(draft));
  if (callers.length === 0 || others.length === 0) return used.map(scoped);
  return callers.flatMap((caller) => others.map((other) => ({ ...scoped(caller), ...scoped(other) })));
}

function protocolsOf({ annotations }: Manifest, usual: string[]): string[] {
  const named = annotations[`${KONG}protocols`];
  return typeof named === 'string' ? named.split(',').map((name) => name.trim()) : usual;
}

function headersOf({ annotations }: Manifest): Table {
  const prefix = `${KONG}headers.`;
  const headers = Object.entries(annotations).filter(([name]) => name.startsWith(prefix));
  return Object.fromEntries(headers.map(([name, value]) => [name.slice(prefix.length), value]));
}

/** Of an Ingress (new or old), or of a route of the Gateway API. */
function backendOf(backend: unknown, namespace: string): Backend | undefined {
  if (!isTable(backend)) return undefined;
  const service = isTable(backend.service) ? backend.service : backend;
  const name = service.name ?? service.serviceName;
  if (typeof name !== 'string') return undefined;
  const { port } = service;
  return {
    name,
    namespace: typeof backend.namespace === 'string' ? backend.namespace : namespace,
    port: isTable(port) ? (port.number ?? port.name) : (port ?? service.servicePort),
  };
}

function tablesOf(list: unknown): Table[] {
  return Array.isArray(list) ? list.filter(isTable) : [];
}
