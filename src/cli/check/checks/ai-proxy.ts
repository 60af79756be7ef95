/** Our plugins beside Kong's own translation between LLM APIs. */
import type { Finding } from '../finding.ts';
import { type Deployment, isTable, type PluginEntity, type Table, type Traffic } from '../model.ts';
import { aiProxyOf, DIRECTIONS, isForMcp, isRelayed, pluginOf, providerOf } from '../plugin-of.ts';

/** Their answers are OpenAI's already, so ai-proxy translates nothing. */
const SPEAKS_OPENAI = ['openai', 'azure'];

export function aiProxy({ traffic }: Deployment): Finding[] {
  return traffic.flatMap((one) => [...providers(one), ...translatedStreams(one)]);
}

/** Clients of an ai-proxy route speak Kong's own format, wherever the model is. */
function providers(traffic: Traffic): Finding[] {
  const proxy = aiProxyOf(traffic);
  if (proxy && targetsOf(proxy).some((target) => speaksNatively(target, proxy))) return [];
  return DIRECTIONS.flatMap((direction): Finding[] => {
    const plugin = pluginOf(traffic, direction);
    if (!plugin || isForMcp(plugin)) return [];
    const provider = providerOf(plugin);
    const place = plugin.place.at('config', 'upstream_llm', 'provider');
    const found = (problem: string, remedy: string): Finding[] => [
      { code: 'ai-proxy-provider', level: 'warning', place, problem, remedy },
    ];
    if (proxy && provider !== 'kong')
      return found(
        `${proxy.place} makes clients of ${traffic.place} speak Kong's format, not this provider's`,
        'upstream_llm.provider: kong',
      );
    if (!proxy && provider === 'kong')
      return found(
        `upstream_llm.provider is kong, but no ai-proxy is on ${traffic.place}`,
        'name the provider whose API the clients speak',
      );
    return [];
  });
}

/** What ai-proxy translates while it streams cannot be replaced once the whole answer was read. */
function translatedStreams(traffic: Traffic): Finding[] {
  const proxy = aiProxyOf(traffic);
  const plugin = pluginOf(traffic, 'response');
  if (!proxy || !plugin || isRelayed(traffic)) return [];
  if (!targetsOf(proxy).some((target) => translates(target, proxy))) return [];
  const { response_mode, guard_streaming_response, operation } = plugin.config;
  const canStream = proxy.config.response_streaming !== 'deny' && guard_streaming_response !== false;
  if (response_mode === 'live' || operation === 'validate' || !canStream) return [];
  const problem = `streams that ${proxy.place} translates are refused when AIDR redacts them`;
  return [
    {
      code: 'translated-streams',
      level: 'warning',
      place: plugin.place,
      problem,
      remedy: 'response_mode: live',
    },
  ];
}

/** ai-proxy has one target, its own configuration; ai-proxy-advanced a list of them. */
function targetsOf({ config }: PluginEntity): Table[] {
  return Array.isArray(config.targets) ? config.targets.filter(isTable) : [config];
}

function speaksNatively(target: Table, { config }: PluginEntity): boolean {
  return target.route_type === 'preserve' || (config.llm_format ?? 'openai') !== 'openai';
}

function translates(target: Table, proxy: PluginEntity): boolean {
  const provider = isTable(target.model) ? target.model.provider : undefined;
  return !speaksNatively(target, proxy) && !SPEAKS_OPENAI.includes(String(provider));
}
