/** A real Prometheus that scrapes the plugin servers of the soak. `PROMETHEUS_BIN` names it, if it is not on the PATH. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../testkit/harness/gateways/free-port.ts';
import type { Range, Series } from './queries.ts';
import { stepOf } from './queries.ts';

/** Seconds. A Prometheus in operation takes 15 or 30; this one has minutes only. */
export const SCRAPE_EVERY = 5;

/** Milliseconds. */
const START_LIMIT = 30_000;

export interface Prometheus {
  /** Evaluates a query at each step. */
  overTime(query: string, range: Range): Promise<Series[]>;
  /** Evaluates a query once. */
  atEnd(query: string, range: Range): Promise<Series[]>;
  stop(): Promise<void>;
}

export async function startPrometheus(scrapedPort: number): Promise<Prometheus> {
  const folder = await mkdtemp(join(tmpdir(), 'aidr-prometheus-'));
  const file = join(folder, 'prometheus.json');
  await writeFile(file, JSON.stringify(configurationOf(scrapedPort)));
  const address = `127.0.0.1:${await freePort()}`;
  const options = [
    ...[`--config.file=${file}`, `--storage.tsdb.path=${join(folder, 'data')}`],
    ...[`--web.listen-address=${address}`, '--log.level=error'],
  ];
  const child = spawn(process.env.PROMETHEUS_BIN ?? 'prometheus', options, {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const stop = async () => {
    await ended(child);
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await Promise.race([untilReady(`http://${address}/-/ready`), diedOf(child)]);
  } catch (error) {
    await stop();
    throw error;
  }
  return { ...queriesTo(`http://${address}`), stop };
}

function queriesTo(url: string): Omit<Prometheus, 'stop'> {
  const ask = (path: string, parameters: Record<string, string>) =>
    answerOf(`${url}/api/v1/${path}?${new URLSearchParams(parameters)}`);
  return {
    overTime(query, range) {
      const { from, to } = range;
      return ask('query_range', { query, start: String(from), end: String(to), step: String(stepOf(range)) });
    },
    atEnd: (query, { to }) => ask('query', { query, time: String(to) }),
  };
}

/** JSON is YAML too. */
function configurationOf(port: number): object {
  return {
    global: { scrape_interval: `${SCRAPE_EVERY}s`, scrape_timeout: `${SCRAPE_EVERY}s` },
    scrape_configs: [{ job_name: 'crowdstrike-aidr', static_configs: [{ targets: [`127.0.0.1:${port}`] }] }],
  };
}

async function untilReady(url: string): Promise<void> {
  for (const deadline = Date.now() + START_LIMIT; Date.now() < deadline; await sleep(100)) {
    const answer = await fetch(url).catch(() => undefined);
    if (answer?.ok) return;
  }
  throw new Error('Prometheus is not ready');
}

async function diedOf(child: ChildProcess): Promise<never> {
  const [code] = await once(child, 'exit');
  throw new Error(`Prometheus ended with ${code}`);
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null) return;
  const exit = once(child, 'exit');
  child.kill('SIGTERM');
  await exit;
}

interface Answer {
  error?: string;
  data?: { result: (Omit<Series, 'values'> & { value?: [number, string]; values?: [number, string][] })[] };
}

async function answerOf(url: string): Promise<Series[]> {
  const answer = await fetch(url);
  const { error, data } = (await answer.json()) as Answer;
  if (!data) throw new Error(`Prometheus: ${error}`);
  return data.result.map(({ metric, value, values }) => ({
    metric,
    values: values ?? (value ? [value] : []),
  }));
}
