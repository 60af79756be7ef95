/**
 * What large bodies on one route cost requests on another, in our plugin server, over Kong's RPC with a replayed Kong.
 *
 * The large ones come from a process of its own, so that it is not their sender who keeps the small ones waiting.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startServer, stopped, tracked } from '../testkit/harness/processes.ts';
import { replayKong } from '../testkit/harness/replayed-kong.ts';
import { prompt, SIZES } from './bodies.ts';
import { startInstantAidr } from './instant-mocks.ts';
import type { LargeLoad } from './large-load.ts';
import { median, p99, thousandths } from './percentile.ts';
import type { RunProfile } from './run-profile.ts';
import type { Row, Table } from './table.ts';

const PLUGIN = 'crowdstrike-aidr-request';
/** Requests beside it that are under way at once. */
const AT_ONCE = 4;
/** So that a p99 is more than one of the slowest. */
const FEWEST_SMALL = 400;

const SENTENCE =
  'The quick brown fox jumps over the lazy dog, and over the cat, and so on and so on, for an hour.';
const BESIDE: Record<string, string> = {
  nothing: '',
  'prompts of 380 keys that no format knows': JSON.stringify({
    messages: [],
    ...Object.fromEntries(Array.from({ length: 380 }, (_, number) => [`k${number}`, 'a'])),
  }),
  '1 MB prompts, one message each': prompt(SIZES['1 MB']),
  '1 MB prompts, 9,000 values each': JSON.stringify({
    ...JSON.parse(prompt(SIZES['2 KB'])),
    metadata: Array.from({ length: 9_000 }, (_, number) => `${number}: ${SENTENCE}`),
  }),
};

export async function benchIsolation(profile: RunProfile): Promise<Table[]> {
  const aidr = await startInstantAidr();
  const folder = await mkdtemp(join(tmpdir(), 'aidr-bench-'));
  const socket = join(folder, 'aidr.sock');
  const server = await startServer('aidr', PLUGIN, folder, socket);
  try {
    const rows: Row[] = [];
    for (const [name, body] of Object.entries(BESIDE))
      rows.push(await rowOf(name, body, socket, aidr.url, profile));
    return [
      { title: 'A small request beside others that take long to read, replayed RPC', note: NOTE, rows },
    ];
  } finally {
    await Promise.all([server.stop(), aidr.stop()]);
    await rm(folder, { recursive: true, force: true });
  }
}

const NOTE = `Prompts of 2 KB, one after the other, while ${AT_ONCE} others are under way on another route all the time. AIDR answers at once.`;

function configFor(aidrUrl: string): Record<string, unknown> {
  return {
    ai_guard_api_key: 'pts_bench',
    ai_guard_api_base_url: `${aidrUrl}/allow`,
    upstream_llm: { provider: 'openai', api_uri: '/v1/chat/completions' },
  };
}

async function rowOf(
  name: string,
  body: string,
  socket: string,
  aidr: string,
  profile: RunProfile,
): Promise<Row> {
  const config = configFor(aidr);
  const large = body === '' ? undefined : await startLarge({ socket, config, body, connections: AT_ONCE });
  const kong = replayKong(PLUGIN, socket, config, true);
  const times = await smallRequests(kong, profile);
  kong.close();
  const largeTimes = (await large?.stop()) ?? [];
  return {
    'beside it': name,
    case: '2 KB × 1',
    'p50 ms': thousandths(median(times)),
    'p99 ms': thousandths(p99(times)),
    'slowest ms': thousandths(times.at(-1) ?? Number.NaN),
    'others: p50 ms': thousandths(median(largeTimes)),
    'others: requests/s': Math.round(largeTimes.length / (times.reduce((sum, ms) => sum + ms, 0) / 1000)),
  };
}

/** @returns milliseconds, ascending */
async function smallRequests(
  kong: ReturnType<typeof replayKong>,
  { rounds, roundMs }: RunProfile,
): Promise<number[]> {
  const request = {
    headers: { 'content-type': 'application/json' },
    body: Buffer.from(prompt(SIZES['2 KB'])),
  };
  const times: number[] = [];
  for (let warm = 0; warm < 100; warm++) await kong.run('access', request);
  const end = performance.now() + rounds * roundMs;
  while (performance.now() < end || times.length < FEWEST_SMALL) {
    const start = performance.now();
    await kong.run('access', request);
    times.push(performance.now() - start);
  }
  return times.sort((a, b) => a - b);
}

async function startLarge(load: LargeLoad) {
  const file = join(import.meta.dirname, 'large-load.ts');
  const child = tracked(
    fork(file, { serialization: 'advanced', stdio: ['ignore', 'ignore', 'inherit', 'ipc'] }),
  );
  const told = async () => {
    const [message] = await Promise.race([
      once(child, 'message'),
      once(child, 'exit').then(() => [undefined]),
    ]);
    if (message === undefined) throw new Error('the sender of large prompts ended');
    return message;
  };
  child.send(load);
  // Its first requests start threads and compile code.
  await told();
  return {
    /** @returns milliseconds of each large request, ascending */
    async stop(): Promise<number[]> {
      child.send('stop');
      const times: number[] = await told();
      await stopped(child);
      return times.sort((a, b) => a - b);
    },
  };
}
