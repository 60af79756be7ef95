/**
 * What `request_check: parallel` saves, beside the check before and beside no plugin, in one run: an AIDR that takes 50 ms, and
 * providers that take shorter and longer. Rounds of all alternate.
 *
 * Through the embedded gateway, or a real Kong where KONG_BIN names one.
 */
import { embedded } from '../testkit/harness/gateways/embedded.ts';
import { kong } from '../testkit/harness/gateways/kong.ts';
import { type Stage, startStage } from '../testkit/harness/stage.ts';
import type { Answer } from '../testkit/providers/index.ts';
import { median } from './percentile.ts';
import type { RunProfile } from './run-profile.ts';
import type { Row, Table } from './table.ts';

const AIDR_MS = 50;
const TOKEN_MS = 10;
const ROUNDS = 20;

const WHOLE = ['none', 'before', 'parallel'];
const LIVE = ['none', 'liveBefore', 'liveParallel'];

const RELAY = { placement: 'relay' };
const PARALLEL = { ...RELAY, request_check: 'parallel' };
const STREAMED = { response_mode: 'live' };

interface Case {
  name: string;
  routes: readonly string[];
  answer: Answer;
  isStream: boolean;
}

export async function benchParallel({ isQuick }: RunProfile): Promise<Table[]> {
  const isKong = (await kong.missing()) === undefined;
  const stage = await startStage({
    driver: isKong ? kong : embedded,
    pluginServer: 'aidr',
    routes: {
      none: { without: ['crowdstrike-aidr-request', 'crowdstrike-aidr-response', 'post-function'] },
      before: { config: RELAY },
      parallel: { config: PARALLEL },
      liveBefore: { config: { ...RELAY, ...STREAMED } },
      liveParallel: { config: { ...PARALLEL, ...STREAMED } },
    },
  });
  try {
    stage.aidr.fault({ kind: 'delay', delayMs: AIDR_MS });
    const rows = [];
    for (const one of CASES) rows.push(...(await rowsOf(stage, one, isQuick ? 5 : ROUNDS)));
    const through = isKong ? 'a real Kong' : 'the embedded gateway';
    return [
      {
        title: `Prompts that are checked in parallel, through ${through}`,
        note: `Both directions in the relay, one request at a time; each call to AIDR is answered after ${AIDR_MS} ms.`,
        rows,
      },
    ];
  } finally {
    await stage.stop();
  }
}

/** Its last byte comes after so many milliseconds. */
function whole(milliseconds: number): Answer {
  const headers = { 'content-type': 'application/json' };
  const content = 'It is sunny today, and it will be warm tomorrow.';
  const text = JSON.stringify({ choices: [{ message: { role: 'assistant', content } }] });
  return { headers, chunks: [text.slice(0, 1), text.slice(1)], delayMs: milliseconds };
}

function tokens(many: number): Answer {
  const chunk = (content: string) =>
    `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content } }] })}\n\n`;
  const words = Array.from({ length: many }, (_, token) => chunk(`w${token % 10}ds `));
  return { chunks: [...words, 'data: [DONE]\n\n'], delayMs: TOKEN_MS };
}

const CASES: Case[] = [
  { name: 'whole answer, provider 10 ms', routes: WHOLE, answer: whole(10), isStream: false },
  { name: 'whole answer, provider 200 ms', routes: WHOLE, answer: whole(200), isStream: false },
  { name: '100 tokens, one in 10 ms, live', routes: LIVE, answer: tokens(100), isStream: true },
];

async function rowsOf(
  stage: Stage,
  { name, routes, answer, isStream }: Case,
  rounds: number,
): Promise<Row[]> {
  stage.provider.answer(answer);
  const measured = new Map(routes.map((route) => [route, { first: [] as number[], total: [] as number[] }]));
  for (const route of routes) await ask(stage, route, isStream);
  for (let round = 0; round < rounds; round++) {
    for (const [route, { first, total }] of measured) {
      const one = await ask(stage, route, isStream);
      first.push(one.first);
      total.push(one.total);
    }
  }
  const before = medians(measured.get(routes[1] ?? ''));
  return [...measured].map(([route, times]) => {
    const { first, total } = medians(times);
    const isParallel = route === routes[2];
    const [own, other] = isStream ? [first, before.first] : [total, before.total];
    return {
      case: name,
      gateway: LABELS[route] ?? route,
      ...(isStream ? { 'first token ms': first } : {}),
      'total ms': total,
      ...(isParallel ? { 'saved ms': other - own, '÷ before': own / other } : {}),
    };
  });
}

const LABELS: Record<string, string> = {
  none: 'gateway alone',
  before: 'before',
  parallel: 'parallel',
  liveBefore: 'before',
  liveParallel: 'parallel',
};

function medians(times: { first: number[]; total: number[] } = { first: [], total: [] }) {
  const of = (values: number[]) => median(Float64Array.from(values).sort());
  return { first: of(times.first), total: of(times.total) };
}

/** Milliseconds until the first text, and until the end. */
async function ask(
  stage: Stage,
  route: string,
  isStream: boolean,
): Promise<{ first: number; total: number }> {
  const began = performance.now();
  const answer = await fetch(`${stage.gateway.url}/${route}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'm', stream: isStream, messages: [{ role: 'user', content: 'hi' }] }),
  });
  if (answer.status !== 200 || !answer.body) throw new Error(`${route}: ${answer.status}`);
  let first = 0;
  for await (const bytes of answer.body) {
    if (first === 0 && Buffer.from(bytes).includes('content')) first = performance.now() - began;
  }
  return { first, total: performance.now() - began };
}
