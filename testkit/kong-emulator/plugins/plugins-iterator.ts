/** Which plugins run on a request: by priority, and for each name the most specific configuration. */

import { fieldAt } from '../config/entity-checks.ts';
import type { Exchange } from '../proxy/exchange.ts';
import { DOWNSTREAM_PHASES, type Phase, type PluginHandler } from './plugin.ts';
import type { PluginConfig } from './plugin-config.ts';

interface Scope {
  readonly route?: string | undefined;
  readonly service?: string | undefined;
  readonly consumer?: string | undefined;
}

export class PluginsIterator {
  readonly #handlers: readonly PluginHandler[];
  readonly #configs = new Map<string, Map<string, PluginConfig>>();

  constructor(handlers: readonly PluginHandler[], configs: readonly PluginConfig[]) {
    for (const config of configs) {
      if (!config.entity.enabled) continue;
      const { routeId, serviceId, consumerId } = config.entity;
      const scopes = this.#configs.get(config.name) ?? new Map<string, PluginConfig>();
      scopes.set(scopeKey({ route: routeId, service: serviceId, consumer: consumerId }), config);
      this.#configs.set(config.name, scopes);
    }
    this.#handlers = handlers.filter(({ name }) => this.#configs.has(name)).sort(byPriority);
  }

  /**
   * The plugins that run in `access`, found one by one: who the consumer is shows only when an earlier plugin has
   * run. On the way each plugin is collected for the later phases, and a `response` phase switches buffering on.
   */
  *collecting(exchange: Exchange): Generator<[PluginHandler, PluginConfig]> {
    for (const phase of DOWNSTREAM_PHASES) exchange.collected.set(phase, []);
    for (const handler of this.#handlers) {
      const config = this.#lookup(handler, exchange);
      if (config === undefined) continue;
      for (const phase of DOWNSTREAM_PHASES) {
        if (handler[phase] === undefined) continue;
        exchange.collected.get(phase)?.push([handler, config]);
        if (phase === 'response' && !exchange.buffering) exchange.ctx.set('buffered_proxying', true);
      }
      if (handler.access !== undefined) yield [handler, config];
    }
  }

  /** The plugins collected for a phase; on a request that matched no route, the global ones. */
  collected(exchange: Exchange, phase: Phase): readonly [PluginHandler, PluginConfig][] {
    if (exchange.collected.size > 0) return exchange.collected.get(phase) ?? [];
    return this.#handlers.flatMap((handler): [PluginHandler, PluginConfig][] => {
      const config = this.#configs.get(handler.name)?.get(scopeKey({}));
      return config === undefined || !(phase in handler) ? [] : [[handler, config]];
    });
  }

  #lookup(handler: PluginHandler, exchange: Exchange): PluginConfig | undefined {
    const scopes = this.#configs.get(handler.name);
    const allowed = (key: string): boolean => fieldAt(handler.schema.fields, key)?.eq !== null;
    const route = allowed('route') ? exchange.route?.id : undefined;
    const service = allowed('service') ? exchange.service?.id : undefined;
    const consumer = allowed('consumer') ? exchange.consumer?.id : undefined;
    for (const scope of bySpecificity({ route, service, consumer })) {
      const config = scopes?.get(scopeKey(scope));
      if (config !== undefined) return config;
    }
    return undefined;
  }
}

function bySpecificity({ route, service, consumer }: Scope): Scope[] {
  return [
    { route, service, consumer },
    { route, consumer },
    { service, consumer },
    { route, service },
    { consumer },
    { route },
    { service },
    {},
  ];
}

function scopeKey({ route = '', service = '', consumer = '' }: Scope): string {
  return `${route}:${service}:${consumer}`;
}

function byPriority(a: PluginHandler, b: PluginHandler): number {
  return b.priority - a.priority || (a.name < b.name ? 1 : -1);
}
