/** What the demo plays on: kong.yaml with both plugins, an AIDR emulator and a mock provider. All of it on 127.0.0.1. */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { parse, stringify } from 'yaml';
import { MCP_PLUGIN_NAME } from '../src/config/plugin-name.ts';
import { type Emulator, startEmulator } from '../testkit/aidr-emulator/index.ts';
import type { RunningGateway } from '../testkit/harness/gateways/driver.ts';
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

/** Beside `openai`, which is kong.yaml as it stands. */
export function routeNamed(provider: string, placement: string, mode: string): string {
  return `${provider}-${placement}-${mode}`;
}

/** What an agent's tool returned, and what its model is told in its place. */
export const AGENT_ROUTE = 'agent-replace';

/** A server of MCP: a listing with a blocked tool is refused on the one, and loses that tool on the other. */
export const MCP_ROUTES = { refuse: 'mcp-refuse', remove: 'mcp-remove' } as const;

export async function startStage(): Promise<DemoStage> {
  const missing = await kong.missing();
  if (missing !== undefined && process.env.KONG_BIN !== undefined) throw new Error(missing);
  const isKong = missing === undefined;
  const aidr = await startEmulator({ keys: [TOKEN] });
  const provider = await startProvider();
  const stopBoth = () => Promise.all([aidr.stop(), provider.stop()]);
  try {
    const gateway = await (isKong ? kong : embedded).start({
      configuration: await configurationOf(aidr.url, provider.url),
      env: { CS_AIDR_TOKEN: TOKEN },
      pluginServer: 'aidr',
    });
    return {
      ...{ aidr, provider, gateway, isKong },
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

/** kong.yaml, and a copy of its service for each provider, placement and mode. */
async function configurationOf(aidrUrl: string, providerUrl: string): Promise<string> {
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
        return copy(routeNamed(provider, placement, mode), { upstream_llm, ...modes });
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
  return stringify({ ...documented, services: all });
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
