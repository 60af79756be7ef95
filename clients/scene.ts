/** What stands around one agent in one case: AIDR, its provider, and the gateway between them. */
import { type Emulator, startEmulator } from '../testkit/aidr-emulator/index.ts';
import type { RunningGateway } from '../testkit/harness/gateways/driver.ts';
import { embedded } from '../testkit/harness/gateways/embedded.ts';
import { configurationOf } from '../testkit/harness/stage.ts';
import { startMcpServer } from '../testkit/mcp/servers.ts';
import { type Provider, startProvider } from '../testkit/providers/index.ts';
import type { Agent } from './agents.ts';
import type { Case } from './cases.ts';
import { answerWith, isGeneration } from './provider-answers.ts';
import { type RestartingHop, startRestartingHop } from './restart.ts';

const KEY = 'pts_demo';

interface Scene {
  aidr: Emulator;
  provider: Provider;
  /** Of the agent's route. */
  baseUrl: string;
  /** Of the route to the server of MCP, if the case has one. */
  mcpUrl: string | undefined;
}

/** Starts everything anew, so that nothing of a case before is left, such as an open circuit. */
export async function withScene<Result>(
  { provider: name }: Agent,
  { isLive, answer, fault, files = [], mcpResult, config: more, restartAfter }: Case,
  act: (scene: Scene) => Promise<Result>,
): Promise<Result> {
  const aidr = await startEmulator({ keys: [KEY] });
  const provider = await startProvider();
  const server = mcpResult === undefined ? undefined : await startMcpServer('events');
  // Agents that know what a tool says in structure may give their model nothing but that.
  if (server && mcpResult) server.script = { ...server.script, toolText: mcpResult, structured: mcpResult };
  let gateway: RunningGateway | undefined;
  let hop: RestartingHop | undefined;
  try {
    const config = {
      upstream_llm: { provider: name, api_uri: 'auto' },
      ...(isLive ? { response_mode: 'live' } : {}),
      ...more,
    };
    const tools = server && {
      // Told as the result of the tool, a block is something that the agent goes on with.
      ...{ mcp: { rejection_style: 'completion' }, url: server.url, route: { strip_path: false } },
    };
    const routes = { client: { config }, ...(tools ? { mcp: tools } : {}) };
    const options = { routes, pluginServer: 'aidr' } as const;
    const configuration = await configurationOf(options, aidr.url, provider.url);
    gateway = await embedded.start({ configuration, env: { CS_AIDR_TOKEN: KEY }, pluginServer: 'aidr' });
    provider.answer(answerWith(answer, files.length, server !== undefined));
    aidr.fault(fault);
    const mcpUrl = server && `${gateway.url}/mcp/mcp`;
    if (restartAfter === undefined)
      return await act({ aidr, provider, baseUrl: `${gateway.url}/client`, mcpUrl });
    const isDue = () => provider.requests.filter(isGeneration).length >= restartAfter;
    hop = await startRestartingHop(gateway, 'client', isDue);
    const result = await act({ aidr, provider, baseUrl: `${hop.url}/client`, mcpUrl });
    if (!hop.hasRestarted()) throw new Error(`${name} asked too seldom for a restart`);
    return result;
  } finally {
    await hop?.stop();
    await gateway?.stop();
    await Promise.all([aidr.stop(), provider.stop(), server?.stop()]);
  }
}
