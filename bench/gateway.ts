/**
 * End to end: a client, a gateway, an upstream over TLS with kept connections and an AIDR, each a process of its own;
 * without our plugins, with one and with both, under the stock plugin server and ours.
 */

import type { GatewayDriver } from '../test/gateways/driver.ts';
import { embedded } from '../test/gateways/embedded.ts';
import { kong } from '../test/gateways/kong.ts';
import { prompt, SIZES } from './bodies.ts';
import { type Arena, contest, type Effort, type Measured, type Question, type Unfit } from './contest.ts';
import { AIDR_CALLS, type Route, type Side, startGateways } from './contestants.ts';
import { startLoad } from './load.ts';
import { startInstantAidr, startInstantUpstream } from './processes.ts';
import type { Row, Table } from './table.ts';

export async function benchGateway(effort: Effort): Promise<Table[]> {
  return bench(embedded, effort, undefined);
}

export async function benchKong(effort: Effort): Promise<Table[]> {
  const missing = await kong.missing();
  if (missing !== undefined) return [{ title: 'A real Kong', note: `Not measured: ${missing}.`, rows: [] }];
  return bench(kong, effort, process.env.BENCH_PEER_LUA_PATH);
}

async function bench(driver: GatewayDriver, effort: Effort, peer: string | undefined): Promise<Table[]> {
  const [aidr, upstream, load] = [await startInstantAidr(), await startInstantUpstream(), startLoad()];
  try {
    const gateways = await startGateways(driver, aidr, upstream, peer);
    try {
      return await tables({ gateways, load, aidr, effort });
    } finally {
      await gateways.stop();
    }
  } finally {
    await Promise.all([load.stop(), aidr.stop(), upstream.stop()]);
  }
}

const ALONE = { side: 'ours', route: 'alone' } as const;

async function tables(arena: Arena): Promise<Table[]> {
  await heat(arena);
  const rows: Row[] = [];
  for (const connections of [1, 16]) {
    const question: Question = {
      name: `2 KB, ${connections} connections`,
      answer: { shape: 'json', bytes: SIZES['2 KB'] },
      connections,
      aidrMs: 0,
      contestants: [ALONE, ...arena.gateways.sides.map((side) => ({ side, route: 'both' as const }))],
    };
    const measured = await contest(arena, question);
    const aidr = await askAidrAlone(arena, question);
    rows.push(...rowsOf(question, measured, aidr));
  }
  return [{ title: 'Both legs', rows }];
}

/** Code that has run a few thousand times is compiled; it is not what is measured first that pays for that. */
async function heat({ gateways, load, aidr, effort }: Arena): Promise<void> {
  const question = {
    name: 'heat',
    answer: { shape: 'json' as const, bytes: SIZES['2 KB'] },
    connections: 16,
    aidrMs: 0 as const,
    contestants: gateways.sides.map((side) => ({ side, route: 'both' as const })),
  };
  await contest({ gateways, load, aidr, effort: { rounds: 1, roundMs: 3 * effort.roundMs } }, question);
}

/** @returns milliseconds of AIDR's own, seen by the same client over one connection: the median */
async function askAidrAlone({ load, aidr, effort }: Arena, question: Question): Promise<number> {
  const { times } = await load.run({
    url: `${aidr.url}/allow/${question.aidrMs}/v1/guard_chat_completions`,
    headers: { 'Content-Type': 'application/json' },
    body: Buffer.from(prompt(question.answer.bytes)),
    connections: 1,
    milliseconds: effort.roundMs,
  });
  return at(times.sort(), 0.5);
}

function rowsOf(question: Question, measured: (Measured | Unfit)[], aidrMs: number): Row[] {
  const p50Of = (side: Side, route: Route) => {
    const other = measured.find((one) => one.side === side && one.route === route);
    return other && 'times' in other ? at(other.times, 0.5) : Number.NaN;
  };
  return measured.map((one) => {
    const { side, route } = one;
    const name = { case: question.name, gateway: route === 'alone' ? 'alone' : `${side}, ${route}` };
    if ('problem' in one) return { ...name, 'p50 ms': one.problem };
    const { times, seconds, cpu } = one;
    const p50 = at(times, 0.5);
    const added = p50 - p50Of('ours', 'alone');
    return {
      ...name,
      'p50 ms': thousandths(p50),
      'p99 ms': thousandths(at(times, 0.99)),
      'requests/s': Math.round(times.length / seconds),
      'added ms': thousandths(added),
      'added without AIDR ms': thousandths(added - AIDR_CALLS[route] * aidrMs),
      'p50 ÷ alone': tenths(p50 / p50Of('ours', 'alone')),
      'p50 ÷ stock': route === 'alone' ? '' : hundredths(p50 / p50Of('stock', route)),
      'plugin server CPU µs': Math.round(cpu.pluginServers / times.length),
      'gateway CPU µs': Math.round(cpu.workers / times.length),
      'client CPU µs': Math.round(cpu.load / times.length),
    };
  });
}

function at(times: Float64Array, fraction: number): number {
  return times[Math.floor(fraction * (times.length - 1))] ?? 0;
}

function thousandths(value: number): number {
  return Math.round(value * 1000) / 1000;
}

function hundredths(value: number): number {
  return Math.round(value * 100) / 100;
}

function tenths(value: number): number {
  return Math.round(value * 10) / 10;
}
