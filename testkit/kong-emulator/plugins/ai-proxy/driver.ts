/** How ai-proxy speaks with one provider. */

import { ANTHROPIC } from './anthropic/index.ts';
import type { JsonObject } from './lua-json.ts';
import { OPENAI } from './openai.ts';
import type { RouteType, Settings } from './settings.ts';
import type { SseEvent } from './sse-frames.ts';
import type { ProxyState } from './state.ts';

export interface Driver {
  readonly url: string;
  readonly paths: Readonly<Record<string, string>>;
  /** Headers of the upstream request beside the credentials. */
  readonly headers: (settings: Settings) => Readonly<Record<string, string>>;
  /** Headers that are taken off a whole answer. */
  readonly cleared: readonly string[];
  /** The client's request in the provider's format. Throws what it cannot translate. */
  readonly request: (client: JsonObject, settings: Settings, model: string | undefined) => JsonObject;
  /** The provider's whole answer in the client's format. Throws with Kong's words for what it cannot translate. */
  readonly answer: (text: string, route: RouteType) => string;
  /** One event of a stream in the client's format; undefined where it has no counterpart. */
  readonly event: (event: SseEvent, settings: Settings, state: ProxyState) => string | undefined;
}

const DRIVERS: Readonly<Record<Settings['model']['provider'], Driver>> = {
  openai: OPENAI,
  anthropic: ANTHROPIC,
};

export function driverOf(settings: Settings): Driver {
  return DRIVERS[settings.model.provider];
}
