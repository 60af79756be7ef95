/** One configured plugin in one worker: its scope, its sequence number, and its configuration as plugins get it. */

import { WORKSPACE_ID } from '../config/ids.ts';
import { configField } from '../config/metaschema.ts';
import type { Configuration, PluginEntity } from '../config/model.ts';
import { resolveRecord } from '../config/references.ts';
import type { Table } from '../config/schema.ts';
import type { Vaults } from '../config/vault.ts';
import type { InstanceConfig } from '../rpc/plugin-rpc.ts';

export class PluginConfig implements InstanceConfig {
  readonly entity: PluginEntity;
  /** Kong's `__seq__`: another one for every worker and every load. */
  readonly sequence: number;
  readonly #vaults: Vaults;

  constructor(entity: PluginEntity, sequence: number, vaults: Vaults) {
    this.entity = entity;
    this.sequence = sequence;
    this.#vaults = vaults;
  }

  get pluginId(): string {
    return this.entity.id;
  }

  get name(): string {
    return this.entity.name;
  }

  /** The configuration, with vault references resolved as they stand now. */
  values(): Table {
    const fields = configField(this.entity.schema).fields ?? [];
    return resolveRecord(fields, this.entity.config, (reference) => this.#vaults.get(reference).value ?? '');
  }

  /** What `StartInstance` gets: the configuration and Kong's own keys. */
  toJson(): string {
    const { id, name, routeId, serviceId, consumerId, instanceName } = this.entity;
    return JSON.stringify({
      ...this.values(),
      route_id: routeId,
      service_id: serviceId,
      consumer_id: consumerId,
      plugin_instance_name: instanceName,
      __plugin_id: id,
      __ws_id: WORKSPACE_ID,
      __key__: ['plugins', name, routeId ?? '', serviceId ?? '', consumerId ?? '', '', WORKSPACE_ID].join(
        ':',
      ),
      __seq__: this.sequence,
    });
  }
}

/** The vault references of a configuration that lead nowhere now: Kong warns, and puts an empty string there. */
export function unresolvedReferences(configuration: Configuration): { reference: string; error: string }[] {
  const found: { reference: string; error: string }[] = [];
  for (const { schema, config } of configuration.plugins) {
    resolveRecord(configField(schema).fields ?? [], config, (reference) => {
      const { value, error = '' } = configuration.vaults.get(reference);
      if (value === undefined) found.push({ reference, error });
      return value ?? '';
    });
  }
  return found;
}
