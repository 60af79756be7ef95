/** Where a service leads: the hosts behind it, and which LLM provider each of them is. */
import type { Provider } from '../../config/api-uri.ts';
import type { Configuration, Entity, Traffic } from './model.ts';
import { aiProxyOf } from './plugin-of.ts';

/** By the end of a host's name, the providers whose APIs it has; `auto` stands for none in particular. */
const HOSTS: readonly (readonly [suffix: string, ...providers: Provider[]])[] = [
  ['api.openai.com', 'openai'],
  ['api.anthropic.com', 'anthropic'],
  ['.openai.azure.com', 'azureai', 'openai'],
  ['.cognitiveservices.azure.com', 'azureai', 'openai'],
  ['.services.ai.azure.com', 'azureai', 'openai', 'anthropic'],
  ['api.cohere.com', 'cohere', 'openai'],
  ['api.cohere.ai', 'cohere', 'openai'],
  ['generativelanguage.googleapis.com', 'gemini', 'openai'],
  ['aiplatform.googleapis.com', 'gemini', 'anthropic', 'openai'],
];
const BEDROCK = /^bedrock-(?:runtime|mantle)[.-].*\.amazonaws\.com(?:\.cn)?$/;

/** LLM providers whose API is one of those above. */
const OPENAI_COMPATIBLE = [
  ...['api.mistral.ai', 'api.groq.com', 'api.together.xyz', 'api.deepseek.com', 'api.x.ai', 'openrouter.ai'],
  ...['api.perplexity.ai', 'api.fireworks.ai', 'api.cerebras.ai', 'integrate.api.nvidia.com'],
];

/** @returns undefined for a host that is no known LLM provider; empty where every format may be right */
export function providersAt(host: string): readonly Provider[] | undefined {
  const known = HOSTS.find(([suffix]) => isAt(host, suffix));
  if (known) return known.slice(1) as Provider[];
  if (BEDROCK.test(host)) return ['bedrock', 'anthropic', 'openai'];
  return OPENAI_COMPATIBLE.some((one) => isAt(host, one)) ? [] : undefined;
}

function isAt(host: string, suffix: string): boolean {
  return (
    host === suffix ||
    host.endsWith(suffix.startsWith('.') ? suffix : `.${suffix}`) ||
    isRegional(host, suffix)
  );
}

/** `us-central1-aiplatform.googleapis.com` */
function isRegional(host: string, suffix: string): boolean {
  return suffix.startsWith('aiplatform.') && host.endsWith(`-${suffix}`);
}

export interface ServiceAddress {
  host: string;
  port: string;
  path: string;
  isTls: boolean;
}

export function addressOf({ fields }: Pick<Entity, 'fields'>): ServiceAddress | undefined {
  const { url, host, port, protocol, path } = fields;
  if (typeof url !== 'string') {
    if (typeof host !== 'string') return undefined;
    const at = { host: bareHost(host), path: typeof path === 'string' ? path : '' };
    return {
      ...at,
      port: String(port ?? 80),
      isTls: ['https', 'grpcs', 'wss', 'tls'].includes(String(protocol)),
    };
  }
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (!parsed) return undefined;
  const isTls = ['https:', 'grpcs:', 'wss:', 'tls:'].includes(parsed.protocol);
  const { hostname, pathname } = parsed;
  return { host: bareHost(hostname), port: parsed.port || (isTls ? '443' : '80'), path: pathname, isTls };
}

/** One name has several spellings. */
function bareHost(host: string): string {
  return host.toLowerCase().replace(/\.$/, '');
}

/** The hosts that a service's requests go to; an upstream entity balances over several. */
export function hostsOf(service: Entity | undefined, { targets }: Configuration): string[] {
  const address = service && addressOf(service);
  if (!address) return [];
  const balanced = targets.get(address.host)?.map(bareHost);
  return balanced && balanced.length > 0 ? balanced : [address.host];
}

/** Whether requests of this kind are for an LLM, as far as it can be seen. */
export function leadsToLlm(traffic: Traffic, configuration: Configuration): boolean {
  if (aiProxyOf(traffic)) return true;
  return hostsOf(traffic.scope.service, configuration).some((host) => providersAt(host) !== undefined);
}

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\]|::1)$/;

export function isLoopback(host: string): boolean {
  return LOOPBACK.test(host);
}
