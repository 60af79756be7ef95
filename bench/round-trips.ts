/**
 * How often a leg goes to Kong and back: on a real one each round trip wakes two processes in turn, which is most of
 * what a small request costs.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PLUGINS } from '../dev/plugin-servers.ts';
import { type ReplayedPhase, type ReplayedRequest, replayKong } from '../dev/replayed-kong.ts';
import { startServer } from './processes.ts';
import type { Row } from './table.ts';

const [REQUEST, RESPONSE] = PLUGINS;
const PHASES = [
  { leg: 'request leg', plugin: REQUEST, phase: 'access' },
  { leg: 'response leg', plugin: RESPONSE, phase: 'access' },
  { leg: 'response leg', plugin: RESPONSE, phase: 'response' },
] as const;

/** @param config of both plugins */
export async function countRoundTrips(
  request: ReplayedRequest,
  config: Record<string, unknown>,
): Promise<Row[]> {
  const folder = await mkdtemp(join(tmpdir(), 'aidr-bench-'));
  const socketOf = (plugin: string) => join(folder, `${plugin}.sock`);
  const servers = [];
  try {
    for (const plugin of PLUGINS) servers.push(await startServer('aidr', plugin, folder, socketOf(plugin)));
    const kongs = { [REQUEST]: replay(REQUEST), [RESPONSE]: replay(RESPONSE) };
    // What an instance asks once, or once a minute, is no part of a request.
    await exchangeOnce();
    const phases = await exchangeOnce();
    for (const kong of Object.values(kongs)) kong.close();
    return PHASES.map(({ leg, phase }, index) => rowOf(`${leg}, ${phase}`, phases[index]));

    function replay(plugin: string) {
      return replayKong(plugin, socketOf(plugin), { ...config, service_id: 'service' });
    }
    async function exchangeOnce(): Promise<ReplayedPhase[]> {
      const shared = new Map();
      const ran: ReplayedPhase[] = [];
      for (const { plugin, phase } of PHASES) ran.push(await kongs[plugin].run(phase, request, shared));
      return ran;
    }
  } finally {
    for (const server of servers) await server.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

function rowOf(name: string, phase: ReplayedPhase | undefined): Row {
  const calls = phase?.calls ?? [];
  return { case: name, 'round trips': 1 + calls.length, calls: calls.map((call) => `\`${call}\``).join(' ') };
}
