/**
 * Everything a scenario plays on: an AIDR emulator, a mock provider, and a gateway with the built plugins between
 * them, configured by the repository's own kong.yaml.
 */
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import OpenAI from 'openai';
import { parse, stringify } from 'yaml';
import { type Emulator, type Policy, startEmulator } from '../aidr-emulator/index.ts';
import { type Provider, startProvider } from '../providers/index.ts';
import type { GatewayDriver, GatewaySetup, LogRecord, RunningGateway } from './gateways/driver.ts';
import { expectInspectionRecords } from './inspection-record.ts';
import { expectNoKeys, expectNoSecrets } from './leaks.ts';
import type { PluginServerKind } from './plugin-servers.ts';

const KEY = 'pts_demo';

export interface KongPlugin {
  name: string;
  config?: Record<string, unknown>;
}

/** How a route differs from the one in kong.yaml. */
export interface RouteVariant {
  /** Merged over the configuration of both plugins; some must know where the mock provider is. */
  config?: Record<string, unknown> | ((providerUrl: string) => Record<string, unknown>);
  /** The plugin for MCP in place of the two for LLM APIs: its configuration, but for key and address. */
  mcp?: Record<string, unknown>;
  /** Which of kong.yaml's plugins to leave out. */
  without?: string[];
  /** Further plugins on the service; some must know where the mock provider is. */
  plugins?: KongPlugin[] | ((providerUrl: string) => KongPlugin[]);
  /** Another upstream than the mock provider. */
  url?: string;
  /** Further fields of the service. */
  service?: Record<string, unknown>;
  /** Further fields of the route. */
  route?: Record<string, unknown>;
}

export interface StageOptions {
  driver: GatewayDriver;
  pluginServer: PluginServerKind;
  /** Routes beside `/openai`, each under `/<name>` with a service `<name>-service`. */
  routes?: Record<string, RouteVariant>;
  consumers?: unknown[];
  /** Entities beside services and consumers, by their kind. */
  entities?: Record<string, unknown[]>;
  historyBoundary?: boolean;
  /** What the emulator does about what it finds; default: policy.yaml. */
  policy?: Policy;
  /** Keys that the emulator accepts beside the one in the environment. */
  keys?: string[];
  workers?: number;
  /** Further plugins in Lua. */
  besides?: GatewaySetup['besides'];
  /** Where all routes inspect, unless they say otherwise; default: what AIDR_TEST_PLACEMENT says, or Kong's phases. */
  placement?: 'phases' | 'relay';
  /** Changes each plugin of each route, ours and others'. */
  changed?: (plugin: KongPlugin) => KongPlugin;
  /** Authorities that our own plugin server trusts as well. */
  caFile?: string;
  /** Further options of our own plugin server. */
  serverOptions?: string[];
  /** Further settings of Kong; the embedded gateway has none. */
  settings?: Record<string, string>;
}

export interface Stage {
  aidr: Emulator;
  provider: Provider;
  gateway: RunningGateway;
  /** POSTs a body as it is to `/v1/chat/completions` of a route. */
  post(body: string | Uint8Array, options?: PostOptions): Promise<Reply>;
  /** The official client, pointed at a route. */
  openai(route?: string): OpenAI;
  /** Reloads the gateway with other routes. */
  reload(routes: Record<string, RouteVariant>): Promise<void>;
  /** The inspection record of the request that was posted last; waits for it. */
  record(direction: 'request' | 'response'): Promise<Record<string, unknown> | undefined>;
  reset(): void;
  /** Also checks what the whole scenario left behind: every record, and that no secret is in anything. */
  stop(): Promise<void>;
}

export interface PostOptions {
  route?: string;
  path?: string;
  method?: string;
  headers?: Record<string, string>;
}

export interface Reply {
  status: number;
  headers: Headers;
  text: string;
}

export async function startStage(options: StageOptions): Promise<Stage> {
  const aidr = await startEmulator({
    keys: [KEY, ...(options.keys ?? [])],
    ...(options.historyBoundary === undefined ? {} : { historyBoundary: options.historyBoundary }),
    ...(options.policy ? { policy: options.policy } : {}),
  });
  const provider = await startProvider();
  const stopBoth = () => Promise.all([aidr.stop(), provider.stop()]);
  const gateway = await startGateway(options, aidr.url, provider.url).catch(async (error: unknown) => {
    await stopBoth();
    throw error;
  });
  let last = '';
  const tagged = (headers?: ConstructorParameters<typeof Headers>[0]) => {
    last = randomUUID();
    const all = new Headers(headers);
    all.set(TAG, last);
    return all;
  };
  const errors: string[] = [];
  return {
    aidr,
    provider,
    gateway,
    async post(body, request = {}) {
      const headers = Object.fromEntries(tagged(request.headers));
      const reply = await post(gateway.url, body, { ...request, headers });
      if (reply.status >= 400) errors.push(reply.text);
      return reply;
    },
    async record(direction) {
      const isLast = ({ request }: LogRecord) => request?.headers?.[TAG] === last;
      const records = await until(async () => (await gateway.records()).filter(isLast));
      // An internal route has a record of its own.
      const record = records.findLast(({ crowdstrike_aidr: ours }) => ours) ?? records.at(-1);
      return record?.crowdstrike_aidr?.[direction];
    },
    openai: (route = 'openai') =>
      new OpenAI({
        apiKey: 'sk-test',
        baseURL: `${gateway.url}/${route}/v1`,
        maxRetries: 0,
        fetch: (url, init) => fetch(url, { ...init, headers: tagged(init?.headers) }),
      }),
    async reload(routes) {
      await gateway.reload(await configurationOf({ ...options, routes }, aidr.url, provider.url));
    },
    reset() {
      aidr.reset();
      provider.reset();
    },
    async stop() {
      try {
        await expectNothingTold(gateway, errors);
      } finally {
        await gateway.stop();
        await stopBoth();
      }
    },
  };
}

async function startGateway(
  options: StageOptions,
  aidrUrl: string,
  providerUrl: string,
): Promise<RunningGateway> {
  return options.driver.start({
    configuration: await configurationOf(options, aidrUrl, providerUrl),
    env: { CS_AIDR_TOKEN: KEY },
    pluginServer: options.pluginServer,
    workers: options.workers ?? 1,
    ...(options.besides ? { besides: options.besides } : {}),
    ...(options.caFile === undefined ? {} : { caFile: options.caFile }),
    ...(options.serverOptions ? { serverOptions: options.serverOptions } : {}),
    ...(options.settings ? { settings: options.settings } : {}),
  });
}

async function expectNothingTold(gateway: RunningGateway, errors: string[]): Promise<void> {
  const records = await gateway.records();
  expectInspectionRecords(records);
  expectNoSecrets('the records', JSON.stringify(records));
  expectNoSecrets('the log', gateway.log());
  expectNoKeys('the answers to clients', errors.join('\n'));
  if (gateway.metrics) expectNoSecrets('the metrics', await gateway.metrics());
}

/** Tells a request's record from those of others, which log plugins write when they come to it. */
const TAG = 'x-stage-request';

/** Log plugins write after the client has its answer. */
async function until<Item>(read: () => Promise<Item[]>): Promise<Item[]> {
  for (const deadline = Date.now() + 5_000; Date.now() < deadline; await sleep(10)) {
    const items = await read();
    if (items.length > 0) return items;
  }
  return [];
}

async function post(gateway: string, body: string | Uint8Array, request: PostOptions): Promise<Reply> {
  const { route = 'openai', path = '/v1/chat/completions', method = 'POST', headers } = request;
  const answer = await fetch(`${gateway}/${route}${path}`, {
    method,
    headers: { 'content-type': 'application/json', ...headers },
    ...(method === 'GET' || method === 'HEAD' ? {} : { body }),
  });
  return { status: answer.status, headers: answer.headers, text: await answer.text() };
}

/** `AIDR_TEST_PLACEMENT=relay` plays every scenario and attack in the relay. */
export const PLACEMENT = process.env.AIDR_TEST_PLACEMENT === 'relay' ? 'relay' : 'phases';

interface KongYaml {
  services: KongService[];
  consumers?: unknown[];
  [key: string]: unknown;
}

interface KongService {
  name: string;
  url: string;
  routes: { name: string; paths: string[] }[];
  plugins: KongPlugin[];
}

/** kong.yaml with the two URLs replaced, and a copy of its service for each further route. */
export async function configurationOf(
  options: Pick<StageOptions, 'routes' | 'consumers' | 'entities' | 'pluginServer' | 'placement' | 'changed'>,
  aidrUrl: string,
  providerUrl: string,
): Promise<string> {
  const documented: KongYaml = parse(await readFile(resolve(import.meta.dirname, '../../kong.yaml'), 'utf8'));
  const [service] = documented.services;
  if (!service) throw new Error('kong.yaml has no service');
  const variants = Object.entries({ openai: {}, ...options.routes });
  const { changed = (plugin: KongPlugin) => plugin } = options;
  const services = variants
    .map(([name, variant]) => serviceOf(service, name, variant, { ...options, aidrUrl, providerUrl }))
    .map((each) => ({ ...each, plugins: each.plugins.map(changed) }));
  return stringify({
    ...documented,
    services,
    ...options.entities,
    ...(options.consumers ? { consumers: options.consumers } : {}),
  });
}

/** What both servers play is played with the batch hook and without it. */
function withoutBatchHook(pluginServer: PluginServerKind): string[] {
  return pluginServer === 'stock' ? ['pre-function'] : [];
}

function serviceOf(
  documented: KongService,
  name: string,
  variant: RouteVariant,
  {
    aidrUrl,
    providerUrl,
    pluginServer,
    placement = PLACEMENT,
  }: Pick<StageOptions, 'pluginServer' | 'placement'> & { aidrUrl: string; providerUrl: string },
): KongService {
  const { config } = variant;
  const changed = typeof config === 'function' ? config(providerUrl) : config;
  const without = [...(variant.without ?? []), ...withoutBatchHook(pluginServer)];
  const plugins = pluginsOf(documented, variant)
    .filter((plugin) => !without.includes(plugin.name))
    .map((plugin) => {
      if (!plugin.name.startsWith('crowdstrike-aidr-')) return plugin;
      const isRelayed = placement === 'relay' && !variant.mcp;
      const own = { ai_guard_api_base_url: aidrUrl, ...(isRelayed ? { placement } : {}) };
      return { ...plugin, config: { ...plugin.config, ...own, ...changed } };
    });
  const { plugins: further = [] } = variant;
  return {
    name: `${name}-service`,
    url: variant.url ?? providerUrl,
    ...variant.service,
    routes: [{ name: `${name}-route`, paths: [`/${name}`], ...variant.route }],
    plugins: [...plugins, ...(typeof further === 'function' ? further(providerUrl) : further)],
  };
}

function pluginsOf(documented: KongService, { mcp }: RouteVariant): KongPlugin[] {
  const plugins = structuredClone(documented.plugins);
  if (!mcp) return plugins;
  const [first, ...others] = plugins;
  const key = { ai_guard_api_key: first?.config?.ai_guard_api_key };
  const beside = others.filter(({ name }) => !name.startsWith('crowdstrike-aidr-'));
  return [{ name: 'crowdstrike-aidr-mcp', config: { ...key, ...mcp } }, ...beside];
}
