/**
 * How often a direction goes to Kong and back: on a real one each round trip wakes two processes in turn, which is most of
 * what a small request costs.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PLUGINS } from '../testkit/harness/plugin-servers.ts';
import { startServer } from '../testkit/harness/processes.ts';
import {
  type ReplayedKong,
  type ReplayedPhase,
  type ReplayedRequest,
  replayKong,
} from '../testkit/harness/replayed-kong.ts';
import type { Row } from './table.ts';

const [REQUEST, RESPONSE] = PLUGINS;
const PHASES = [
  { direction: 'request direction', plugin: REQUEST, phase: 'access' },
  { direction: 'response direction', plugin: RESPONSE, phase: 'access' },
  { direction: 'response direction', plugin: RESPONSE, phase: 'response' },
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
    const replay = (plugin: string, hasBatchHook: boolean) =>
      replayKong(plugin, socketOf(plugin), { ...config, service_id: 'service' }, hasBatchHook);
    const ran = async (hasBatchHook: boolean) => {
      const kongs = { [REQUEST]: replay(REQUEST, hasBatchHook), [RESPONSE]: replay(RESPONSE, hasBatchHook) };
      // What an instance asks once, or once a minute, is no part of a request.
      await runPhases(kongs, request);
      const phases = await runPhases(kongs, request);
      for (const kong of Object.values(kongs)) kong.close();
      return phases;
    };
    const [short, long] = [await ran(true), await ran(false)];
    return PHASES.map(({ direction, phase }, index) =>
      rowOf(`${direction}, ${phase}`, short[index], long[index]),
    );
  } finally {
    for (const server of servers) await server.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

/** One request after the other plugin's. */
async function runPhases(
  kongs: Record<(typeof PHASES)[number]['plugin'], ReplayedKong>,
  request: ReplayedRequest,
): Promise<ReplayedPhase[]> {
  const shared = new Map();
  const ran: ReplayedPhase[] = [];
  for (const { plugin, phase } of PHASES) ran.push(await kongs[plugin].run(phase, request, shared));
  return ran;
}

function rowOf(name: string, short: ReplayedPhase | undefined, long: ReplayedPhase | undefined): Row {
  const [calls, all] = [short?.calls ?? [], long?.calls ?? []];
  return {
    case: name,
    'round trips': 1 + calls.length,
    'without the batch hook': 1 + all.length,
    calls: calls.map((call) => `\`${call}\``).join(' '),
  };
}
