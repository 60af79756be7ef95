/** What a plugin is to the gateway, whether built in or behind a plugin server. */

import type { PluginSchema } from '../config/metaschema.ts';
import type { Exchange } from '../proxy/exchange.ts';
import type { PluginConfig } from './plugin-config.ts';

export type Phase = 'access' | 'response' | 'header_filter' | 'body_filter' | 'log' | 'error';

/** The phases whose plugins are collected while `access` runs, as Kong does. */
export const DOWNSTREAM_PHASES = ['response', 'header_filter', 'body_filter', 'log'] as const;

type Handler<Result> = (exchange: Exchange, config: PluginConfig) => Result;

/**
 * A plugin. Handlers throw `PhaseEnded` (through `exit` of `pdk/exit.ts`) to answer the client themselves; any other
 * exception is a 500, as in Kong.
 */
export interface PluginHandler {
  readonly name: string;
  readonly priority: number;
  readonly version: string;
  readonly schema: PluginSchema;
  readonly access?: Handler<Promise<void> | void>;
  /** Switches buffered proxying on for every request on which the plugin is active. */
  readonly response?: Handler<Promise<void> | void>;
  /** Runs at once, as in nginx: no waiting here. */
  readonly header_filter?: Handler<void>;
  /** Gets the body chunk by chunk and returns what goes out instead; an empty last chunk marks the end. */
  readonly body_filter?: (exchange: Exchange, config: PluginConfig, chunk: Buffer, last: boolean) => Buffer;
  readonly log?: Handler<Promise<void> | void>;
}
