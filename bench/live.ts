/**
 * What a streamed answer costs live, beside buffered and beside no plugin, in one run: a provider that writes 40 tokens a
 * second, an AIDR that takes 50 ms. And what many streams at once cost in memory.
 *
 * Through the embedded gateway, or a real Kong where KONG_BIN names one.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { embedded } from '../testkit/harness/gateways/embedded.ts';
import { kong } from '../testkit/harness/gateways/kong.ts';
import { residentMegabytes } from '../testkit/harness/processes.ts';
import { type Stage, startStage } from '../testkit/harness/stage.ts';
import type { RunProfile } from './run-profile.ts';
import type { Row, Table } from './table.ts';

const TOKENS = 200;
const TOKEN_MS = 25;
const AIDR_MS = 50;
const STREAMS = 200;

const QUESTION = JSON.stringify({ model: 'm', stream: true, messages: [{ role: 'user', content: 'hi' }] });

export async function benchLive({ isQuick }: RunProfile): Promise<Table[]> {
  const isKong = (await kong.missing()) === undefined;
  const stage = await startStage({
    driver: isKong ? kong : embedded,
    pluginServer: 'aidr',
    routes: {
      none: { without: ['crowdstrike-aidr-request', 'crowdstrike-aidr-response', 'post-function'] },
      buffered: {},
      live: { config: { response_mode: 'live' } },
    },
  });
  try {
    stage.provider.answer({ chunks: tokens(), delayMs: TOKEN_MS });
    stage.aidr.fault({ kind: 'delay', delayMs: AIDR_MS });
    return [
      { title: 'A streamed answer: no plugin, buffered, live', rows: await times(stage, isQuick ? 1 : 3) },
      { title: 'Many live streams at once', rows: await manyStreams(stage) },
    ];
  } finally {
    await stage.stop();
  }
}

function tokens(): string[] {
  const chunk = (content: string) =>
    `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content } }] })}\n\n`;
  return [...Array.from({ length: TOKENS }, (_, token) => chunk(`w${token % 10}ds `)), 'data: [DONE]\n\n'];
}

async function times(stage: Stage, rounds: number): Promise<Row[]> {
  const rows: Row[] = [];
  for (const route of ['none', 'buffered', 'live']) {
    await read(stage, route);
    const measured = [];
    for (let round = 0; round < rounds; round++) measured.push(await read(stage, route));
    rows.push({
      case: route,
      'first token ms': median(measured.map(({ first }) => first)),
      'total ms': median(measured.map(({ total }) => total)),
      'longest pause ms': median(measured.map(({ pause }) => pause)),
    });
  }
  return rows;
}

async function manyStreams(stage: Stage): Promise<Row[]> {
  const before = megabytes();
  let most = before;
  const look = setInterval(() => {
    most = Math.max(most, megabytes());
  }, 100);
  const measured = await Promise.all(Array.from({ length: STREAMS }, () => read(stage, 'live')));
  clearInterval(look);
  return [
    {
      case: `${STREAMS} live streams at once`,
      'first token ms': median(measured.map(({ first }) => first)),
      'slowest total ms': Math.round(Math.max(...measured.map(({ total }) => total))),
      'plugin server MB before': Math.round(before),
      'at most': Math.round(most),
    },
  ];
}

async function read(stage: Stage, route: string): Promise<{ first: number; total: number; pause: number }> {
  const began = performance.now();
  const answer = await fetch(`${stage.gateway.url}/${route}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: QUESTION,
  });
  if (answer.status !== 200 || !answer.body) throw new Error(`${route}: ${answer.status}`);
  let [first, last, pause, text] = [0, 0, 0, ''];
  const decoder = new TextDecoder();
  for await (const bytes of answer.body) {
    const chunk = decoder.decode(bytes, { stream: true });
    text += chunk;
    if (!chunk.includes('content')) continue;
    const now = performance.now() - began;
    if (first === 0) first = now;
    else pause = Math.max(pause, now - last);
    last = now;
  }
  if (!text.endsWith('data: [DONE]\n\n')) throw new Error(`${route}: the stream broke off`);
  return { first, total: performance.now() - began, pause };
}

function median(values: number[]): number {
  return Math.round(values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0);
}

/** Of this stage's plugin server: a child of this process, or of Kong. */
function megabytes(): number {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return Math.max(0, ...pids.filter(isPluginServer).map((pid) => residentMegabytes(Number(pid))));
}

function isPluginServer(pid: string): boolean {
  try {
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
    return command.includes('aidr-pluginserver.cjs') && command.includes(process.cwd());
  } catch {
    return false;
  }
}
