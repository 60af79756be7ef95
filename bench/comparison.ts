/** One question put to several gateways in alternating rounds, so that whatever else the machine does hits all alike. */

import { cpuMicroseconds } from '../testkit/harness/processes.ts';
import { ANSWER_HEADER, type AnswerKind, answerText, prompt } from './bodies.ts';
import type { Mock } from './instant-mocks.ts';
import { askAidr, type Instruments } from './instruments.ts';
import type { Job, JobResult } from './load.ts';
import { median } from './percentile.ts';
import type { RunProfile } from './run-profile.ts';
import { AIDR_CALLS, type AidrTime, type Gateways, type Route, type Side } from './variants.ts';

export interface Question {
  answer: AnswerKind;
  connections: number;
  aidrMs: AidrTime;
  variants: Variant[];
  /** Default: one of the answer's size. */
  prompt?: string;
}

export interface Variant {
  side: Side;
  route: Route;
}

/** All rounds of one contestant. */
export interface Measured extends Variant {
  /** Milliseconds of each request, in ascending order. */
  times: Float64Array;
  seconds: number;
  /** Microseconds of the processes, in all. */
  cpu: { pluginServers: number; workers: number };
}

/** A contestant that does not do what is measured, or not every time. */
export interface Unfit extends Variant {
  problem: string;
}

export interface BenchContext extends Instruments {
  gateways: Gateways;
  profile: RunProfile;
}

export interface Standings {
  /** In the order of the variants. */
  variants: (Measured | Unfit)[];
  /** Milliseconds that one call to AIDR takes by itself: the median over one connection. */
  aidrMs: number;
}

/** Milliseconds in each round for which AIDR is asked directly. */
const AIDR_ROUND_MS = 60;

export async function comparison(context: BenchContext, question: Question): Promise<Standings> {
  const { answer, aidrMs } = question;
  const call = { bytes: answer.bytes, aidrMs, connections: 1, milliseconds: AIDR_ROUND_MS };
  const ofAidr: JobResult[] = [];
  const entrants: (Entrant | Unfit)[] = [];
  for (const variant of question.variants) {
    const enters = enter(context, question, variant);
    entrants.push(await enters.catch((error) => unfit(variant, error)));
  }
  await context.gateways.findProcesses();
  for (let round = 0; round < context.profile.rounds; round++) {
    for (const [index, entrant] of entrants.entries()) {
      if ('problem' in entrant) continue;
      await runRound(context, entrant).catch((error) => {
        entrants[index] = unfit(entrant, error);
      });
    }
    ofAidr.push(await askAidr(context, call));
  }
  return {
    variants: entrants.map((entrant) => ('problem' in entrant ? entrant : pooled(entrant))),
    aidrMs: median(ascending(ofAidr)),
  };
}

function unfit({ side, route }: Variant, error: unknown): Unfit {
  return { side, route, problem: error instanceof Error ? error.message : 'unknown' };
}

interface Entrant extends Variant {
  job: Job;
  results: JobResult[];
  cpu: { pluginServers: number; workers: number };
}

/** Warmed up, and seen to do what it is measured at: what skips an inspection is fast. */
async function enter(
  { gateways, load, aidr, profile }: BenchContext,
  { answer, connections, aidrMs, prompt: own }: Question,
  { side, route }: Variant,
): Promise<Entrant> {
  const job = {
    url: gateways.urlOf(side, route, aidrMs),
    headers: { 'Content-Type': 'application/json', [ANSWER_HEADER]: `${answer.shape} ${answer.bytes}` },
    body: Buffer.from(own ?? prompt(answer.bytes, answer.shape === 'sse')),
    connections,
    milliseconds: profile.roundMs,
  };
  // What recurs, such as a history or the id of an answer, is asked about once.
  await (await fetch(job.url, { method: 'POST', headers: job.headers, body: job.body })).arrayBuffer();
  await expectInspected(aidr, job, answer, AIDR_CALLS[route], route === 'relayLive');
  await load.run({ ...job, milliseconds: profile.warmMs });
  return { side, route, job, results: [], cpu: { pluginServers: 0, workers: 0 } };
}

/** @param mayAskMore a stream is asked about in parts */
async function expectInspected(
  aidr: Mock,
  job: Job,
  answer: AnswerKind,
  calls: number,
  mayAskMore: boolean,
): Promise<void> {
  const before = await callsOf(aidr);
  const reply = await fetch(job.url, { method: 'POST', headers: job.headers, body: job.body });
  const text = await reply.text();
  if (reply.status !== 200) throw new Error(`answers ${reply.status}`);
  if (text !== answerText(answer)) throw new Error('changes the answer');
  const asked = (await callsOf(aidr)) - before;
  if (asked < calls || (!mayAskMore && asked > calls)) throw new Error(`asks AIDR ${asked} times`);
}

async function callsOf(aidr: Mock): Promise<number> {
  const answer = await fetch(`${aidr.url}/calls`);
  const { calls } = (await answer.json()) as { calls: number };
  return calls;
}

async function runRound({ gateways, load }: BenchContext, entrant: Entrant): Promise<void> {
  const { pluginServers, workers } = gateways.processesOf(entrant.side);
  const before = { pluginServers: cpuOf(pluginServers), workers: cpuOf(workers) };
  entrant.results.push(await load.run(entrant.job));
  entrant.cpu.pluginServers += cpuOf(pluginServers) - before.pluginServers;
  entrant.cpu.workers += cpuOf(workers) - before.workers;
}

function cpuOf(pids: number[]): number {
  return pids.reduce((sum, pid) => sum + cpuMicroseconds(pid), 0);
}

function pooled({ side, route, results, cpu }: Entrant): Measured {
  const seconds = results.reduce((sum, result) => sum + result.seconds, 0);
  return { side, route, times: ascending(results), seconds, cpu };
}

function ascending(results: JobResult[]): Float64Array {
  return Float64Array.from(results.flatMap(({ times }) => [...times])).sort();
}
