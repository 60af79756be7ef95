/** A declarative configuration as the checks see it. */
import type { Direction } from '../../config/schema.ts';
import type { Settings } from './settings.ts';

export type Table = { readonly [name: string]: unknown };

export type EntityKind = 'services' | 'routes' | 'consumers' | 'consumer_groups';

/** What a plugin can be scoped to. */
export interface Entity {
  readonly kind: EntityKind;
  /** Its number in the file. */
  readonly id: number;
  /** Where it stands: the file and the path to it. */
  readonly place: string;
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
  readonly place: string;
  readonly fields: Table;
  readonly config: Table;
  readonly scope: Scope;
}

/** Requests on which the same plugins run. */
export interface Traffic {
  readonly place: string;
  readonly scope: Scope;
  /** Every enabled plugin of a name in scope, the most specific first: that one runs, the others do not. */
  candidates(name: string): PluginEntity[];
}

export interface OurPlugin extends PluginEntity {
  readonly direction: Direction;
}

/** Everything that the checks look at. */
export interface Deployment {
  /** Our plugins, the disabled ones too. */
  readonly plugins: readonly OurPlugin[];
  readonly traffic: readonly Traffic[];
  /** Kong's own settings; absent if nobody showed them. */
  readonly settings?: Settings;
}

export function isTable(value: unknown): value is Table {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
