/**
 * The stock plugin server and ours, side by side in one run, over Kong's RPC with a replayed Kong.
 *
 * Rounds of the two alternate, so that whatever else the machine does hits both alike. Compare the columns, not the
 * numbers of two runs.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import {
  cpuMicroseconds,
  dumpCommand,
  type MeasuredServer,
  residentMegabytes,
  type ServerKind,
  startServer,
} from '../testkit/harness/processes.ts';
import { type ReplayedKong, type ReplayedRequest, replayKong } from '../testkit/harness/replayed-kong.ts';
import { answer, prompt, SIZES } from './bodies.ts';
import { startInstantAidr } from './instant-mocks.ts';
import { hundredths, median, p99, thousandths } from './percentile.ts';
import { countRoundTrips } from './round-trips.ts';
import type { RunProfile } from './run-profile.ts';
import type { Row, Table } from './table.ts';

const KINDS: ServerKind[] = ['stock', 'aidr'];
const NAMES: Record<ServerKind, string> = { stock: 'stock server', aidr: 'ours' };
const REQUEST = 'crowdstrike-aidr-request';
const RESPONSE = 'crowdstrike-aidr-response';
const root = resolve(import.meta.dirname, '..');

/** One plugin under both servers. */
interface Comparison {
  plugin: string;
  servers: Record<ServerKind, { server: MeasuredServer; socket: string }>;
  stop(): Promise<void>;
}

/** @param plugin a built plugin's name, or the path of a module */
async function startContest(plugin: string): Promise<Comparison> {
  const folder = mkdtempSync(join(tmpdir(), 'aidr-bench-'));
  const isBuiltIn = !plugin.includes('/');
  const file = isBuiltIn ? join(root, 'dist/plugins', plugin, `${plugin}.cjs`) : plugin;
  mkdirSync(join(folder, 'plugins'));
  symlinkSync(file, join(folder, 'plugins', file.replace(/.*\//, '')));
  const start = async (kind: ServerKind) => {
    const socket = join(folder, `${kind}.sock`);
    return { server: await startServer(kind, plugin, join(folder, 'plugins'), socket), socket };
  };
  const servers = { stock: await start('stock'), aidr: await start('aidr') };
  return {
    plugin: file.replace(/.*\//, '').replace('.cjs', ''),
    servers,
    async stop() {
      for (const kind of KINDS) await servers[kind].server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

interface Load {
  name: string;
  phase: 'access' | 'response';
  request: ReplayedRequest;
  config: Record<string, unknown>;
  connections: number;
}

interface Measured {
  times: number[];
  cpu: number;
  seconds: number;
}

/** Runs the load in alternating rounds and reports one row a server. */
async function compare(
  comparison: Comparison,
  load: Load,
  { rounds, roundMs, warmMs }: RunProfile,
): Promise<Row[]> {
  const kongs = KINDS.map(
    (kind) =>
      [kind, replayKong(comparison.plugin, comparison.servers[kind].socket, load.config, true)] as const,
  );
  const measured = new Map<ServerKind, Measured>(
    KINDS.map((kind) => [kind, { times: [], cpu: 0, seconds: 0 }]),
  );
  for (const [, kong] of kongs) await runFor(kong, load, warmMs);
  for (let round = 0; round < rounds; round++) {
    for (const [kind, kong] of kongs) {
      const sum = measured.get(kind);
      const { pid } = comparison.servers[kind].server;
      const [cpu, start] = [cpuMicroseconds(pid), performance.now()];
      sum?.times.push(...(await runFor(kong, load, roundMs)));
      if (sum) sum.cpu += cpuMicroseconds(pid) - cpu;
      if (sum) sum.seconds += (performance.now() - start) / 1000;
    }
  }
  for (const [, kong] of kongs) kong.close();
  const stock = cpuPerRequest(measured.get('stock'));
  return KINDS.map((kind) => rowOf(load.name, kind, measured.get(kind), stock));
}

/** @returns microseconds */
function cpuPerRequest(measured: Measured | undefined): number {
  return (measured?.cpu ?? 0) / (measured?.times.length ?? 1);
}

/** @param stock microseconds of CPU time that a request takes under the stock server */
function rowOf(name: string, server: ServerKind, measured: Measured | undefined, stock: number): Row {
  const times = (measured?.times ?? []).sort((a, b) => a - b);
  return {
    case: name,
    server: NAMES[server],
    'p50 ms': thousandths(median(times)),
    'p99 ms': thousandths(p99(times)),
    'CPU µs/request': Math.round(cpuPerRequest(measured)),
    'CPU ÷ stock': hundredths(cpuPerRequest(measured) / stock),
    'requests/s': Math.round(times.length / (measured?.seconds ?? 1)),
  };
}

function runFor(kong: ReplayedKong, load: Load, milliseconds: number): Promise<number[]> {
  const end = performance.now() + milliseconds;
  return runWhile(kong, load, () => performance.now() < end);
}

function runMany(kong: ReplayedKong, load: Load, count: number): Promise<number[]> {
  let left = count;
  return runWhile(kong, load, () => left-- > 0);
}

async function runWhile(kong: ReplayedKong, load: Load, goesOn: () => boolean): Promise<number[]> {
  const times: number[] = [];
  const connection = async () => {
    while (goesOn()) {
      const start = performance.now();
      await kong.run(load.phase, load.request);
      times.push(performance.now() - start);
    }
  };
  await Promise.all(Array.from({ length: load.connections }, connection));
  return times;
}

/** A chat of one turn whose bodies have about the given size. */
function exchange(bytes: number): ReplayedRequest {
  const headers = { 'content-type': 'application/json' };
  return {
    headers,
    body: Buffer.from(prompt(bytes)),
    answer: { status: 200, headers, body: Buffer.from(answer(bytes)) },
  };
}

function configFor(aidr: string, verdict: 'allow' | 'block' | 'redact'): Record<string, unknown> {
  return {
    ai_guard_api_key: 'pts_bench',
    ai_guard_api_base_url: `${aidr}/${verdict}`,
    upstream_llm: { provider: 'openai', api_uri: '/v1/chat/completions' },
  };
}

async function plainPlugins(profile: RunProfile): Promise<Row[]> {
  const rows: Row[] = [];
  for (const [file, name, sizes] of [
    ['noop.cjs', 'a plugin that does nothing', ['2 KB']],
    ['reader.cjs', 'a plugin that reads the body', ['2 KB', '64 KB', '1 MB']],
  ] as const) {
    const comparison = await startContest(join(import.meta.dirname, 'fixtures', file));
    for (const size of sizes) {
      const load = { phase: 'access' as const, request: exchange(SIZES[size]), config: {}, connections: 1 };
      rows.push(...(await compare(comparison, { ...load, name: `${name}, ${size}` }, profile)));
    }
    await comparison.stop();
  }
  return rows;
}

async function directions(aidr: string, profile: RunProfile): Promise<Row[]> {
  const rows: Row[] = [];
  for (const [plugin, phase, direction] of [
    [REQUEST, 'access', 'request direction'],
    [RESPONSE, 'response', 'response direction'],
  ] as const) {
    const comparison = await startContest(plugin);
    for (const size of ['2 KB', '64 KB', '1 MB'] as const) {
      const load = { phase, request: exchange(SIZES[size]), config: configFor(aidr, 'allow') };
      for (const connections of size === '2 KB' ? [1, 16] : [1]) {
        const name = `${direction}, ${size} × ${connections}`;
        rows.push(...(await compare(comparison, { ...load, name, connections }, profile)));
      }
    }
    await comparison.stop();
  }
  return rows;
}

/** Nobody listens there. */
const DOWN = 'http://127.0.0.1:9';

/** What a request pays while AIDR is down and the configuration lets it pass: the circuit is open after five of them. */
async function outage(profile: RunProfile): Promise<Row[]> {
  const comparison = await startContest(REQUEST);
  const config = { ...configFor(DOWN, 'allow'), enforcing_strategy: 'enforce_but_ignore_on_error' };
  const load = { phase: 'access' as const, request: exchange(SIZES['2 KB']), config };
  const rows = [
    ...(await compare(comparison, { ...load, name: 'request direction, 2 KB × 1', connections: 1 }, profile)),
    ...(await compare(
      comparison,
      { ...load, name: 'request direction, 2 KB × 16', connections: 16 },
      profile,
    )),
  ];
  await comparison.stop();
  return rows;
}

/** Start and dump, with the best of several tries. */
async function startUp({ rounds }: RunProfile): Promise<Row[]> {
  const rows: Row[] = [];
  const [comparison, dumps] = [await startContest(REQUEST), new Map<ServerKind, number[]>()];
  for (let round = 0; round < rounds; round++) {
    for (const kind of KINDS) {
      const [program = '', ...args] = dumpCommand(kind, REQUEST);
      const start = performance.now();
      execFileSync(program, args, { stdio: ['ignore', 'pipe', 'ignore'] });
      dumps.set(kind, [...(dumps.get(kind) ?? []), performance.now() - start]);
    }
  }
  for (const kind of KINDS) {
    const { server } = comparison.servers[kind];
    rows.push({
      case: 'start',
      server: NAMES[kind],
      'start ms': Math.round(server.startMs),
      'dump ms': Math.round(Math.min(...(dumps.get(kind) ?? []))),
      'resident MB': Math.round(residentMegabytes(server.pid)),
    });
  }
  await comparison.stop();
  return rows;
}

/** Memory over many requests that end in `kong.response.exit`: what a warm process keeps of them. */
async function soak(aidr: string, requests: number): Promise<Row[]> {
  const rows: Row[] = [];
  for (const [name, plugin, phase, verdict] of [
    ['rejections', REQUEST, 'access', 'block'],
    ['rewritten answers', RESPONSE, 'response', 'redact'],
  ] as const) {
    const comparison = await startContest(plugin);
    for (const kind of KINDS) {
      const { server, socket } = comparison.servers[kind];
      const kong = replayKong(comparison.plugin, socket, configFor(aidr, verdict), true);
      const load: Load = { name, phase, request: exchange(SIZES['2 KB']), config: {}, connections: 8 };
      const start = residentMegabytes(server.pid);
      await runMany(kong, load, Math.ceil(requests / 2));
      const half = residentMegabytes(server.pid);
      await runMany(kong, load, Math.ceil(requests / 2));
      const end = residentMegabytes(server.pid);
      rows.push({
        case: `${requests.toLocaleString('en-US')} ${name}`,
        server: NAMES[kind],
        'MB at start': Math.round(start),
        'MB after half': Math.round(half),
        'MB at end': Math.round(end),
        'growth MB of the second half': Math.round(end - half),
      });
      kong.close();
    }
    await comparison.stop();
  }
  return rows;
}

export async function benchServer(profile: RunProfile): Promise<Table[]> {
  const aidr = await startInstantAidr();
  try {
    return [
      { title: 'Start', rows: await startUp(profile) },
      { title: 'Plugins that do next to nothing', rows: await plainPlugins(profile) },
      { title: 'Each direction', rows: await directions(aidr.url, profile) },
      { title: 'AIDR is down', rows: await outage(profile) },
      { title: 'Memory', rows: await soak(aidr.url, profile.soakRequests) },
      {
        title: 'Questions to Kong',
        note: ROUND_TRIPS,
        rows: await countRoundTrips(exchange(SIZES['2 KB']), configFor(aidr.url, 'allow')),
      },
    ].map((table) => ({ ...table, title: `${table.title}, replayed RPC` }));
  } finally {
    await aidr.stop();
  }
}

const ROUND_TRIPS = 'A phase is one round trip, and one more for each call, strictly one after the other.';
