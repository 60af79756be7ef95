/** What the demo plays on: kong.yaml with both plugins, an AIDR emulator and a mock provider. All of it on 127.0.0.1. */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { parse, stringify } from 'yaml';
import { MCP_PLUGIN_NAME } from '../src/config/plugin-name.ts';
import { type Emulator, startEmulator } from '../testkit/aidr-emulator/index.ts';
import { docker } from '../testkit/harness/gateways/docker.ts';
import type { GatewayDriver, RunningGateway } from '../testkit/harness/gateways/driver.ts';
import { embedded } from '../testkit/harness/gateways/embedded.ts';
import { kong } from '../testkit/harness/gateways/kong.ts';
import { type Provider, startProvider } from '../testkit/providers/index.ts';
import { APIS } from './apis.ts';

const TOKEN = 'pts_demo';

export const PLACEMENTS = ['phases', 'relay'] as const;
export const MODES = ['buffered', 'live'] as const;

export interface DemoStage {
  aidr: Emulator;
  provider: Provider;
  gateway: RunningGateway;
  /** Whether the gateway is a real Kong. */
  isKong: boolean;
  stop(): Promise<void>;
}

/** Each is any that is free by default. */
export interface DemoPorts {
  gateway: number;
  aidr: number;
  provider: number;
}

export interface StageOptions {
  ports?: DemoPorts;
  /** The image of this repository, which Docker builds and runs. */
  inDocker?: boolean;
  /** Kong's own log gets the bodies, too. */
  logsBodies?: boolean;
}

/** Why something that was asked for is not possible here. */
export class StageError extends Error {}

/** Beside `openai`, which is kong.yaml as it stands. */
export function routeNamed(provider: string, placement: string, mode: string): string {
  return `${provider}-${placement}-${mode}`;
}

/** What an agent's tool returned, and what its model is told in its place. */
export const AGENT_ROUTE = 'agent-replace';

/** A server of MCP: a listing with a blocked tool is refused on the one, and loses that tool on the other. */
export const MCP_ROUTES = { refuse: 'mcp-refuse', remove: 'mcp-remove' } as const;

export async function startStage({
  ports,
  inDocker = false,
  logsBodies = false,
}: StageOptions = {}): Promise<DemoStage> {
  const driver = await driverFor(inDocker);
  const aidr = await startEmulator({ keys: [TOKEN], ...(ports ? { port: ports.aidr } : {}) });
  const provider = await startProvider(ports ? { port: ports.provider } : {});
  const stopBoth = () => Promise.all([aidr.stop(), provider.stop()]);
  try {
    const gateway = await driver.start({
      configuration: await configurationOf(aidr.url, provider.url, logsBodies),
      env: { CS_AIDR_TOKEN: TOKEN },
      pluginServer: 'aidr',
      ...(ports ? { port: ports.gateway } : {}),
    });
    return {
      ...{ aidr, provider, gateway, isKong: driver !== embedded },
      async stop() {
        await gateway.stop();
        await stopBoth();
      },
    };
  } catch (error) {
    await stopBoth();
    throw error;
  }
}

async function driverFor(inDocker: boolean): Promise<GatewayDriver> {
  if (!inDocker && process.env.KONG_BIN === undefined) return embedded;
  const driver = inDocker ? docker : kong;
  const missing = await driver.missing();
  if (missing !== undefined) throw new StageError(missing);
  return driver;
}

interface KongPlugin {
  name: string;
  config: Record<string, unknown>;
}

interface KongService {
  name: string;
  url: string;
  routes: { name: string; paths: string[] }[];
  plugins: KongPlugin[];
}

/** As docs/inspect-and-replay.md has it. */
const FILE_LOG_WITH_BODIES = {
  name: 'file-log',
  config: {
    custom_fields_by_lua: {
      'request.body': 'return ngx.req.get_body_data()',
      'response.body': 'local ok, body = pcall(kong.service.response.get_raw_body) return ok and body or nil',
    },
  },
};

/** kong.yaml, and a copy of its service for each provider, placement and mode. */
async function configurationOf(aidrUrl: string, providerUrl: string, logsBodies: boolean): Promise<string> {
  const documented: { services: KongService[] } = parse(
    await readFile(resolve(import.meta.dirname, '../kong.yaml'), 'utf8'),
  );
  const [service] = documented.services;
  if (!service) throw new Error('kong.yaml has no service');
  const copy = (name: string, config: object = {}) => copyOf(service, name, { aidrUrl, providerUrl, config });
  const services = Object.keys(APIS).flatMap((provider) =>
    PLACEMENTS.flatMap((placement) =>
      MODES.map((mode) => {
        const upstream_llm = { provider, api_uri: 'auto' };
        const modes = { ...(mode === 'live' ? { response_mode: mode } : {}), placement };
        const service = copy(routeNamed(provider, placement, mode), { upstream_llm, ...modes });
        return provider === 'kong' ? behindAiProxy(service, providerUrl) : service;
      }),
    ),
  );
  const agent = {
    upstream_llm: { provider: 'anthropic', api_uri: 'auto' },
    on_blocked_tool_result: 'replace',
  };
  const mcp = Object.entries(MCP_ROUTES).map(([on_blocked_tool, name]) =>
    asMcpServer(copy(name), { ai_guard_api_base_url: aidrUrl, on_blocked_tool }),
  );
  const all = [copy('openai'), ...services, copy(AGENT_ROUTE, agent), ...mcp];
  const plugins = logsBodies ? [FILE_LOG_WITH_BODIES] : [];
  return stringify({ ...documented, services: all, plugins });
}

/** Kong's AI Gateway, as in deploy/ai-gateway. */
function behindAiProxy(service: KongService, providerUrl: string): KongService {
  const model = {
    provider: 'openai',
    name: 'gpt-4o-mini',
    options: { upstream_url: `${providerUrl}/v1/chat/completions` },
  };
  const aiProxy = { name: 'ai-proxy', config: { route_type: 'llm/v1/chat', model } };
  return { ...service, plugins: [aiProxy, ...service.plugins] };
}

/** The plugin for MCP in the place of the two others; the guard and the batch hook stay. */
function asMcpServer(service: KongService, config: object): KongService {
  const [request, ...others] = service.plugins;
  const key = request?.config.ai_guard_api_key;
  const mcp = { name: MCP_PLUGIN_NAME, config: { ai_guard_api_key: key, ...config } };
  return {
    ...service,
    plugins: [mcp, ...others.filter(({ name }) => !name.startsWith('crowdstrike-aidr-'))],
  };
}

function copyOf(
  service: KongService,
  name: string,
  { aidrUrl, providerUrl, config }: { aidrUrl: string; providerUrl: string; config: object },
): KongService {
  const plugins = structuredClone(service.plugins).map((plugin) =>
    plugin.name.startsWith('crowdstrike-aidr-')
      ? { ...plugin, config: { ...plugin.config, ai_guard_api_base_url: aidrUrl, ...config } }
      : plugin,
  );
  const routes = [{ name: `${name}-route`, paths: [`/${name}`] }];
  return { name: `${name}-service`, url: providerUrl, routes, plugins };
}
