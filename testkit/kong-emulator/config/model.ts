/** The entities of a loaded configuration. The objects are also the tables that the PDK hands to plugins. */

import type { LuaValue } from '../lua/value.ts';
import type { PluginSchema } from './metaschema.ts';
import type { Table } from './schema.ts';
import type { Vaults } from './vault.ts';

type LuaTable = { readonly [key: string]: LuaValue };

export interface Service extends LuaTable {
  readonly id: string;
  readonly name?: string;
  readonly protocol: 'http' | 'https';
  readonly host: string;
  readonly port: number;
  readonly path?: string;
  readonly retries: number;
  readonly connect_timeout: number;
  readonly write_timeout: number;
  readonly read_timeout: number;
  readonly enabled: boolean;
  readonly tls_verify?: boolean;
  readonly client_certificate?: { readonly id: string };
  readonly ca_certificates?: readonly string[];
}

/** What a service's host may name instead of a host. */
export interface UpstreamEntity {
  readonly name: string;
  readonly host_header?: string;
  readonly targets: readonly { readonly host: string; readonly port: number }[];
}

/** PEM. */
export interface Certificate {
  readonly id: string;
  readonly cert: string;
  readonly key?: string;
}

export interface Route extends LuaTable {
  readonly id: string;
  readonly name?: string;
  readonly protocols: readonly string[];
  readonly paths?: readonly string[];
  readonly methods?: readonly string[];
  readonly hosts?: readonly string[];
  readonly headers?: { readonly [name: string]: readonly string[] };
  readonly regex_priority: number;
  readonly strip_path: boolean;
  readonly preserve_host: boolean;
  readonly https_redirect_status_code: number;
  readonly service?: { readonly id: string };
}

export interface Consumer extends LuaTable {
  readonly id: string;
  readonly username?: string;
  readonly custom_id?: string;
}

export interface Credential extends LuaTable {
  readonly id: string;
  readonly key: string;
  readonly consumer: { readonly id: string };
}

/** One entry under `plugins`, wherever it stood. */
export interface PluginEntity {
  readonly id: string;
  readonly name: string;
  readonly instanceName?: string;
  readonly enabled: boolean;
  readonly routeId?: string;
  readonly serviceId?: string;
  readonly consumerId?: string;
  readonly schema: PluginSchema;
  /** The configuration with its defaults, vault references not yet resolved. */
  readonly config: Table;
}

export interface Configuration {
  readonly services: readonly Service[];
  readonly routes: readonly Route[];
  readonly consumers: readonly Consumer[];
  readonly credentials: readonly Credential[];
  readonly plugins: readonly PluginEntity[];
  readonly vaults: Vaults;
  readonly upstreams: readonly UpstreamEntity[];
  readonly certificates: readonly Certificate[];
  readonly caCertificates: readonly Certificate[];
}
