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
import { type ReplayedKong, type ReplayedRequest, replayKong } from '../dev/replayed-kong.ts';
import {
  cpuMicroseconds,
  dumpCommand,
  type MeasuredServer,
  residentMegabytes,
  type ServerKind,
  startInstantAidr,
  startServer,
} from './processes.ts';
import type { Row, Table } from './table.ts';

const KINDS: ServerKind[] = ['stock', 'aidr'];
const REQUEST = 'crowdstrike-aidr-request';
const RESPONSE = 'crowdstrike-aidr-response';
const root = resolve(import.meta.dirname, '..');
const ROUNDS = 5;

/** One plugin under both servers. */
interface Contest {
  plugin: string;
  servers: Record<ServerKind, { server: MeasuredServer; socket: string }>;
  stop(): Promise<void>;
}

/** @param plugin a built plugin's name, or the path of a module */
async function startContest(plugin: string): Promise<Contest> {
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
  requests: number;
  connections: number;
}

interface Measured {
  times: number[];
  cpu: number;
  seconds: number;
}

/** Runs the load in alternating rounds and reports one row a server. */
async function compare(contest: Contest, load: Load): Promise<Row[]> {
  const kongs = KINDS.map(
    (kind) => [kind, replayKong(contest.plugin, contest.servers[kind].socket, load.config)] as const,
  );
  const measured = new Map<ServerKind, Measured>(
    KINDS.map((kind) => [kind, { times: [], cpu: 0, seconds: 0 }]),
  );
  for (const [, kong] of kongs) await runMany(kong, load, Math.ceil(load.requests / ROUNDS));
  for (let round = 0; round < ROUNDS; round++) {
    for (const [kind, kong] of kongs) {
      const sum = measured.get(kind);
      const { pid } = contest.servers[kind].server;
      const [cpu, start] = [cpuMicroseconds(pid), performance.now()];
      sum?.times.push(...(await runMany(kong, load, Math.ceil(load.requests / ROUNDS))));
      if (sum) sum.cpu += cpuMicroseconds(pid) - cpu;
      if (sum) sum.seconds += (performance.now() - start) / 1000;
    }
  }
  for (const [, kong] of kongs) kong.close();
  return KINDS.map((kind) => rowOf(load.name, kind, measured.get(kind)));
}

function rowOf(name: string, server: ServerKind, measured: Measured | undefined): Row {
  const times = (measured?.times ?? []).sort((a, b) => a - b);
  const at = (fraction: number) => times[Math.floor(fraction * (times.length - 1))] ?? 0;
  return {
    case: name,
    server,
    'p50 ms': round(at(0.5)),
    'p99 ms': round(at(0.99)),
    'CPU µs/request': Math.round((measured?.cpu ?? 0) / times.length),
    'requests/s': Math.round(times.length / (measured?.seconds ?? 1)),
  };
}

async function runMany(kong: ReplayedKong, load: Load, count: number): Promise<number[]> {
  const times: number[] = [];
  let left = count;
  const connection = async () => {
    while (left-- > 0) {
      const start = performance.now();
      await kong.run(load.phase, load.request);
      times.push(performance.now() - start);
    }
  };
  await Promise.all(Array.from({ length: load.connections }, connection));
  return times;
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}

/** A chat of one turn whose bodies have about the given size. */
function exchange(bytes: number): ReplayedRequest {
  const content = 'The quick brown fox jumps over the lazy dog. '
    .repeat(Math.ceil(bytes / 45))
    .slice(0, bytes - 100);
  const headers = { 'content-type': 'application/json' };
  return {
    headers,
    body: Buffer.from(JSON.stringify({ model: 'gpt-4o-mini', messages: [{ role: 'user', content }] })),
    answer: {
      status: 200,
      headers,
      body: Buffer.from(JSON.stringify({ choices: [{ message: { role: 'assistant', content } }] })),
    },
  };
}

const SIZES = [
  { name: '2 KB', bytes: 2048, requests: 4000 },
  { name: '64 KB', bytes: 65_536, requests: 1000 },
  // A little less than AIDR takes in one call.
  { name: '1 MB', bytes: 1_000_000, requests: 100 },
];

function configFor(aidr: string, verdict: 'allow' | 'block' | 'redact'): Record<string, unknown> {
  return {
    ai_guard_api_key: 'pts_bench',
    ai_guard_api_base_url: `${aidr}/${verdict}`,
    upstream_llm: { provider: 'openai', api_uri: '/v1/chat/completions' },
  };
}

async function plainPlugins(): Promise<Row[]> {
  const rows: Row[] = [];
  for (const [file, name, sizes] of [
    ['noop.cjs', 'a plugin that does nothing', [{ name: '', bytes: 2048, requests: 20_000 }]],
    ['reader.cjs', 'a plugin that reads the body', SIZES],
  ] as const) {
    const contest = await startContest(join(import.meta.dirname, 'fixtures', file));
    for (const { name: size, bytes, requests } of sizes) {
      const load = {
        phase: 'access' as const,
        request: exchange(bytes),
        config: {},
        requests,
        connections: 1,
      };
      rows.push(...(await compare(contest, { ...load, name: `${name}${size && `, ${size}`}` })));
    }
    await contest.stop();
  }
  return rows;
}

async function legs(aidr: string): Promise<Row[]> {
  const rows: Row[] = [];
  for (const [plugin, phase, leg] of [
    [REQUEST, 'access', 'request leg'],
    [RESPONSE, 'response', 'response leg'],
  ] as const) {
    const contest = await startContest(plugin);
    for (const { name, bytes, requests } of SIZES) {
      const load = { phase, request: exchange(bytes), config: configFor(aidr, 'allow'), requests };
      rows.push(...(await compare(contest, { ...load, name: `${leg}, ${name}`, connections: 1 })));
      rows.push(
        ...(await compare(contest, { ...load, name: `${leg}, ${name}, 16 connections`, connections: 16 })),
      );
    }
    await contest.stop();
  }
  return rows;
}

/** Nobody listens there. */
const DOWN = 'http://127.0.0.1:9';

/** What a request pays while AIDR is down and the configuration lets it pass: the circuit is open after five of them. */
async function outage(): Promise<Row[]> {
  const contest = await startContest(REQUEST);
  const config = { ...configFor(DOWN, 'allow'), enforcing_strategy: 'enforce_but_ignore_on_error' };
  const load = { phase: 'access' as const, request: exchange(2048), config, requests: 4000 };
  const rows = [
    ...(await compare(contest, { ...load, name: 'request leg, AIDR down', connections: 1 })),
    ...(await compare(contest, { ...load, name: 'request leg, AIDR down, 16 connections', connections: 16 })),
  ];
  await contest.stop();
  return rows;
}

/** Start and dump, with the best of several tries. */
async function startUp(): Promise<Row[]> {
  const rows: Row[] = [];
  const [contest, dumps] = [await startContest(REQUEST), new Map<ServerKind, number[]>()];
  for (let round = 0; round < ROUNDS; round++) {
    for (const kind of KINDS) {
      const [program = '', ...args] = dumpCommand(kind, REQUEST);
      const start = performance.now();
      execFileSync(program, args, { stdio: ['ignore', 'pipe', 'ignore'] });
      dumps.set(kind, [...(dumps.get(kind) ?? []), performance.now() - start]);
    }
  }
  for (const kind of KINDS) {
    const { server } = contest.servers[kind];
    rows.push({
      case: 'start',
      server: kind,
      'start ms': Math.round(server.startMs),
      'dump ms': Math.round(Math.min(...(dumps.get(kind) ?? []))),
      'resident MB': Math.round(residentMegabytes(server.pid)),
    });
  }
  await contest.stop();
  return rows;
}

/** Memory over many requests that end in `kong.response.exit`. */
async function soak(aidr: string, requests: number): Promise<Row[]> {
  const rows: Row[] = [];
  for (const [name, plugin, phase, verdict] of [
    ['rejections', REQUEST, 'access', 'block'],
    ['rewritten answers', RESPONSE, 'response', 'redact'],
  ] as const) {
    const contest = await startContest(plugin);
    for (const kind of KINDS) {
      const { server, socket } = contest.servers[kind];
      const kong = replayKong(contest.plugin, socket, configFor(aidr, verdict));
      const load: Load = { name, phase, request: exchange(2048), config: {}, requests, connections: 8 };
      const start = residentMegabytes(server.pid);
      await runMany(kong, load, Math.ceil(requests / 10));
      const warm = residentMegabytes(server.pid);
      await runMany(kong, load, requests);
      const end = residentMegabytes(server.pid);
      rows.push({
        case: `${requests} ${name}`,
        server: kind,
        'MB at start': Math.round(start),
        'MB warm': Math.round(warm),
        'MB at end': Math.round(end),
        'growth MB': Math.round(end - warm),
      });
      kong.close();
    }
    await contest.stop();
  }
  return rows;
}

/** @param requests how many rejections and rewrites the memory is watched over */
export async function benchServer(requests: number): Promise<Table[]> {
  const aidr = await startInstantAidr();
  try {
    return [
      { title: 'Start', rows: await startUp() },
      { title: 'Plugins of no use', rows: await plainPlugins() },
      { title: 'Legs', rows: await legs(aidr.url) },
      { title: 'AIDR is down', rows: await outage() },
      { title: 'Memory over a soak', rows: await soak(aidr.url, requests) },
    ];
  } finally {
    await aidr.stop();
  }
}
