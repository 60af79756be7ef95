/** An inspector in a worker thread. For AIDR and for the history cache it asks the main thread. */
import { LRUCache } from 'lru-cache';
import type { Aidr, AidrCall, AidrChannel, AidrUsage } from '../aidr/session.ts';
import type { Sent } from '../aidr/transport.ts';
import { readVerdict } from '../aidr/verdict.ts';
import type { AnyConfig } from '../config/mcp-schema.ts';
import { type RouteFormats, routeFormats } from '../formats/registry.ts';
import type { HistoryCache } from '../inspection/history/history.ts';
import type { AnyInspector, Inspector, MessageInspector } from '../inspection/inspector.ts';
import { type LocalRules, localRules } from '../inspection/patterns/local-rules.ts';
import type { Answers, News, Question } from './inspection-jobs.ts';
import type { JobServices } from './thread.ts';

/** Configurations whose patterns are kept compiled; a gateway has some dozens of routes. */
const MAX_KEPT = 256;

interface Settings {
  config: AnyConfig;
  /** Undefined for the plugin for MCP. */
  formats: RouteFormats | undefined;
  localRules: LocalRules | undefined;
}

const kept = new LRUCache<string, Settings>({ max: MAX_KEPT });

export async function remoteInspector(inspectorId: string, services: JobServices): Promise<Inspector> {
  const { config, formats, ...rest } = await anyInspector(inspectorId, services);
  if (!('upstream_llm' in config) || !formats) throw new Error('an inspector without formats');
  return { ...rest, config, formats };
}

export async function remoteMessageInspector(
  inspectorId: string,
  services: JobServices,
): Promise<MessageInspector> {
  const { config, ...rest } = await anyInspector(inspectorId, services);
  if ('upstream_llm' in config) throw new Error('an inspector of another plugin');
  return { ...rest, config };
}

async function anyInspector(
  inspectorId: string,
  services: JobServices,
): Promise<AnyInspector & Pick<Settings, 'formats'>> {
  const settings = kept.get(inspectorId) ?? (await askForSettings(inspectorId, services));
  const { config, formats, localRules: rules } = settings;
  return {
    id: inspectorId,
    config,
    formats,
    aidr: remoteAidr(services),
    history: remoteHistory(services),
    localRules:
      rules &&
      Object.assign((...[segments]: Parameters<LocalRules>) => rules(segments, services.rest), rules),
  };
}

async function askForSettings(inspectorId: string, services: JobServices): Promise<Settings> {
  const config = await ask(services, { kind: 'settings' });
  const formats =
    'upstream_llm' in config
      ? routeFormats(config.upstream_llm.provider, config.upstream_llm.api_uri)
      : undefined;
  const settings = { config, formats, localRules: localRules(config) };
  kept.set(inspectorId, settings);
  return settings;
}

function remoteAidr(services: JobServices): Aidr {
  return { openChannel: () => new RemoteChannel(services), readVerdict };
}

/** Deadline, connections, circuit and key are the main thread's, which also counts what was asked, and for how long. */
class RemoteChannel implements AidrChannel {
  readonly #services: JobServices;
  hasEnded = false;

  constructor(services: JobServices) {
    this.#services = services;
  }

  async send(call: AidrCall): Promise<Sent> {
    const { sent, hasEnded } = await ask(this.#services, { kind: 'send', call });
    this.hasEnded = hasEnded;
    return sent;
  }

  end(): AidrUsage {
    return { attempts: 0, elapsedMs: 0 };
  }
}

function remoteHistory(services: JobServices): HistoryCache {
  return {
    recall: (keys) => ask(services, { kind: 'recall', keys }),
    remember: (turns) => services.tell(() => ({ turns: turns() }) satisfies News),
  };
}

function ask<Kind extends Question['kind']>(
  services: JobServices,
  question: Question & { kind: Kind },
): Promise<Answers[Kind]> {
  return services.ask(question) as Promise<Answers[Kind]>;
}
