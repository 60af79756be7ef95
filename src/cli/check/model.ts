/** A configuration of Kong as the checks see it. */
import type { PluginName } from '../../config/plugin-name.ts';
import type { Finding } from './finding.ts';
import type { Place } from './place.ts';
import type { Settings } from './settings.ts';

export type Table = { readonly [name: string]: unknown };

export type EntityKind = 'services' | 'routes' | 'consumers' | 'consumer_groups';

/** What a plugin can be scoped to. */
export interface Entity {
  readonly kind: EntityKind;
  /** Its number in the configuration. */
  readonly id: number;
  readonly place: Place;
  readonly fields: Table;
  /** A route's service. */
  readonly service?: Entity;
}

export type ScopeKey = 'consumer' | 'consumer_group' | 'route' | 'service';

export type Scope = { readonly [key in ScopeKey]?: Entity };

const SCOPE_KEYS: readonly ScopeKey[] = ['consumer', 'consumer_group', 'route', 'service'];

/** The same text for plugins that Kong takes for the same traffic; by default with everything in the scope. */
export function scopedName(
  name: string,
  scope: Scope,
  keys: readonly ScopeKey[] = SCOPE_KEYS.filter((key) => scope[key]),
): string {
  return [name, ...keys.map((key) => `${key}=${scope[key]?.id}`)].join(' ');
}

export interface PluginEntity {
  readonly name: string;
  readonly place: Place;
  readonly fields: Table;
  readonly config: Table;
  readonly scope: Scope;
}

export interface VaultEntity {
  readonly place: Place;
  readonly fields: Table;
}

/** What Kong runs together: a workspace, or a control plane. */
export interface Configuration {
  /** Stands for the whole of it in findings. */
  place: Place;
  entities: Entity[];
  /** Enabled and disabled ones. */
  plugins: PluginEntity[];
  vaults: VaultEntity[];
  /** By the name of an upstream entity, the hosts that it balances over. */
  targets: Map<string, string[]>;
  /** What Kong would refuse, or read otherwise than it looks. */
  problems: Finding[];
}

/** Requests on which the same plugins run. */
export interface Traffic {
  readonly place: Place;
  readonly scope: Scope;
  /** Every plugin of a name that would run in this scope, the most specific first: that one runs, the others do not. */
  candidates(name: string): PluginEntity[];
}

export interface OurPlugin extends PluginEntity {
  readonly name: PluginName;
}

/** Everything that the checks look at. */
export interface Deployment {
  /** Our plugins, the disabled ones too. */
  readonly plugins: readonly OurPlugin[];
  readonly configuration: Configuration;
  readonly traffic: readonly Traffic[];
  /** Kong's own settings; absent if nobody showed them. */
  readonly settings?: Settings;
}

/** Of connections that Kong passes on as they are: no plugin for requests runs on them. */
export const STREAM_PROTOCOLS = ['tcp', 'tls', 'udp', 'tls_passthrough'];

export function isTable(value: unknown): value is Table {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The strings of a list, or the one string that stands for it. */
export function stringsOf(value: unknown): string[] {
  return [value].flat().filter((item) => typeof item === 'string');
}
