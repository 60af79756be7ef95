/** What stands around one agent in one case: AIDR, its provider, and the gateway between them. */
import { type Emulator, startEmulator } from '../testkit/aidr-emulator/index.ts';
import type { RunningGateway } from '../testkit/harness/gateways/driver.ts';
import { embedded } from '../testkit/harness/gateways/embedded.ts';
import { configurationOf } from '../testkit/harness/stage.ts';
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
}

/** Starts everything anew, so that nothing of a case before is left, such as an open circuit. */
export async function withScene<Result>(
  { provider: name }: Agent,
  { isLive, answer, fault, files = [], config: more, restartAfter }: Case,
  act: (scene: Scene) => Promise<Result>,
): Promise<Result> {
  const aidr = await startEmulator({ keys: [KEY] });
  const provider = await startProvider();
  let gateway: RunningGateway | undefined;
  let hop: RestartingHop | undefined;
  try {
    const config = {
      upstream_llm: { provider: name, api_uri: 'auto' },
      ...(isLive ? { response_mode: 'live' } : {}),
      ...more,
    };
    const options = { routes: { client: { config } }, pluginServer: 'aidr' } as const;
    const configuration = await configurationOf(options, aidr.url, provider.url);
    gateway = await embedded.start({ configuration, env: { CS_AIDR_TOKEN: KEY }, pluginServer: 'aidr' });
    provider.answer(answerWith(answer, files.length));
    aidr.fault(fault);
    if (restartAfter === undefined) return await act({ aidr, provider, baseUrl: `${gateway.url}/client` });
    const isDue = () => provider.requests.filter(isGeneration).length >= restartAfter;
    hop = await startRestartingHop(gateway, 'client', isDue);
    const result = await act({ aidr, provider, baseUrl: `${hop.url}/client` });
    if (!hop.hasRestarted()) throw new Error(`${name} asked too seldom for a restart`);
    return result;
  } finally {
    await hop?.stop();
    await gateway?.stop();
    await Promise.all([aidr.stop(), provider.stop()]);
  }
}
