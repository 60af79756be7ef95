/** Our plugins beside Kong's own translation between LLM APIs. */
import { PLUGIN_NAMES } from '../../../config/plugin-name.ts';
import type { Finding } from '../finding.ts';
import { type Deployment, isTable, type PluginEntity, type Table, type Traffic } from '../model.ts';

export const AI_PROXIES = ['ai-proxy', 'ai-proxy-advanced'];

/** Their answers are OpenAI's already, so ai-proxy translates nothing. */
const SPEAKS_OPENAI = ['openai', 'azure'];

export function aiProxy({ traffic }: Deployment): Finding[] {
  return traffic.flatMap((one) => [...providers(one), ...translatedStreams(one)]);
}

/** Clients of an ai-proxy route speak Kong's own format, wherever the model is. */
function providers(traffic: Traffic): Finding[] {
  const proxy = proxyOf(traffic);
  if (proxy && targetsOf(proxy).some((target) => speaksNatively(target, proxy))) return [];
  return Object.values(PLUGIN_NAMES).flatMap((name): Finding[] => {
    const [plugin] = traffic.candidates(name);
    if (!plugin) return [];
    const provider = isTable(plugin.config.upstream_llm) ? plugin.config.upstream_llm.provider : undefined;
    const { place } = plugin;
    if (proxy && provider !== 'kong') {
      const problem = `${proxy.place} makes clients of ${traffic.place} speak Kong's format, not this provider's`;
      return [{ level: 'warning', place, problem, remedy: 'upstream_llm.provider: kong' }];
    }
    if (!proxy && provider === 'kong') {
      const problem = `upstream_llm.provider is kong, but no ai-proxy is on ${traffic.place}`;
      return [{ level: 'warning', place, problem, remedy: 'name the provider whose API the clients speak' }];
    }
    return [];
  });
}

/** What ai-proxy translates while it streams cannot be replaced once the whole answer was read. */
function translatedStreams(traffic: Traffic): Finding[] {
  const proxy = proxyOf(traffic);
  const [plugin] = traffic.candidates(PLUGIN_NAMES.response);
  if (!proxy || !plugin || !targetsOf(proxy).some((target) => translates(target, proxy))) return [];
  const { response_mode, guard_streaming_response, operation } = plugin.config;
  const canStream = proxy.config.response_streaming !== 'deny' && guard_streaming_response !== false;
  if (response_mode === 'live' || operation === 'validate' || !canStream) return [];
  const problem = `streams that ${proxy.place} translates are refused when AIDR redacts them`;
  return [{ level: 'warning', place: plugin.place, problem, remedy: 'response_mode: live' }];
}

function proxyOf(traffic: Traffic): PluginEntity | undefined {
  return AI_PROXIES.flatMap((name) => traffic.candidates(name)[0] ?? [])[0];
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
