/**
 * End to end: a client, a gateway, an upstream over TLS with kept connections and an AIDR, each a process of its own;
 * without our plugins, with one and with both, under the stock plugin server and ours.
 */

import type { GatewayDriver } from '../testkit/harness/gateways/driver.ts';
import { embedded } from '../testkit/harness/gateways/embedded.ts';
import { kong } from '../testkit/harness/gateways/kong.ts';
import { type AnswerKind, agentPrompt, SIZES, type Size } from './bodies.ts';
import { type BenchContext, comparison, type Question, type Variant } from './comparison.ts';
import { startInstantAidr, startInstantUpstream } from './instant-mocks.ts';
import { benchInstruments } from './instruments.ts';
import { startLoad } from './load.ts';
import type { RunProfile } from './run-profile.ts';
import { rowsOf } from './summary.ts';
import type { Row, Table } from './table.ts';
import { type AidrTime, type Route, type Side, startGateways } from './variants.ts';

export function benchGateway(profile: RunProfile): Promise<Table[]> {
  return bench(embedded, ['ours', 'stock'], { ...profile, isQuick: true }, undefined);
}

/** Where bodies are inspected, through a real Kong where KONG_BIN names one. */
export async function benchPlacements(profile: RunProfile): Promise<Table[]> {
  const isKong = (await kong.missing()) === undefined;
  const peer = isKong ? process.env.BENCH_PEER_LUA_PATH : undefined;
  const sides: Side[] = ['ours', ...(peer ? (['peer'] as const) : [])];
  return bench(isKong ? kong : embedded, sides, profile, peer, PLACEMENT_SECTIONS);
}

export async function benchKong(profile: RunProfile): Promise<Table[]> {
  const missing = await kong.missing();
  if (missing !== undefined) return [{ title: 'A real Kong', note: `Not measured: ${missing}.`, rows: [] }];
  const peer = process.env.BENCH_PEER_LUA_PATH;
  const sides: Side[] = ['ours', 'stock', 'twoWorkers', ...(peer ? (['peer'] as const) : [])];
  const tables = await bench(kong, sides, profile, peer);
  if (peer) return tables;
  return [
    ...tables,
    { title: 'Another plugin set', note: 'Not measured: no BENCH_PEER_LUA_PATH.', rows: [] },
  ];
}

async function bench(
  driver: GatewayDriver,
  sides: Side[],
  profile: RunProfile,
  peer: string | undefined,
  sections = [...SECTIONS, ...(sides.includes('twoWorkers') ? [TWO_WORKERS] : [])],
): Promise<Table[]> {
  const [aidr, upstream, load] = [await startInstantAidr(), await startInstantUpstream(), startLoad()];
  try {
    const gateways = await startGateways(driver, sides, { aidr, upstream }, peer);
    try {
      const context = { gateways, load, aidr, profile };
      await heat(context, sections);
      const tables = [];
      for (const section of sections) tables.push(await tableOf(context, section));
      return [...tables.map((table) => through(driver, table)), await benchInstruments(context, profile)];
    } finally {
      await gateways.stop();
    }
  } finally {
    await Promise.all([load.stop(), aidr.stop(), upstream.stop()]);
  }
}

function through({ name }: GatewayDriver, table: Table): Table {
  return { ...table, title: `${table.title}, through ${name === kong.name ? 'a real Kong' : name}` };
}

/** Contests that answer one question together. */
interface Section {
  title: string;
  note: string;
  shape: AnswerKind['shape'];
  aidrMs: AidrTime;
  contests: {
    size: Size | typeof AGENT_TURN;
    connections: number;
    entrants: Variant[];
    isRefinement?: true;
  }[];
}

const ALONE: Variant = { side: 'ours', route: 'alone' };
const of = (sides: Side[], route: Route) => sides.map((side) => ({ side, route }));
const LUA_TOO: Variant[] = [ALONE, ...of(['ours', 'stock', 'peer'], 'both')];
/** The peer reads no streams. */
const STREAMS: Variant[] = [ALONE, ...of(['ours', 'stock'], 'both')];
const EVERYTHING: Variant[] = [
  ALONE,
  ...of(['ours', 'stock', 'peer'], 'request'),
  ...of(['ours', 'stock', 'peer'], 'both'),
  ...of(['ours', 'stock'], 'unshortened'),
  ...of(['ours', 'stock'], 'guarded'),
];

export const STREAMS_TITLE = 'Streamed answers, read whole';

const AGENT_TURN = 'agent turn';
const AGENT_ANSWER = 4_096;
const PLACEMENTS: Variant[] = [
  ALONE,
  { side: 'ours', route: 'guarded' },
  { side: 'ours', route: 'relay' },
  { side: 'ours', route: 'relayLive' },
];
const PLACEMENTS_AND_PEER: Variant[] = [...PLACEMENTS, { side: 'peer', route: 'both' }];

const SECTIONS: Section[] = [
  {
    title: 'What each plugin adds',
    note: 'JSON, AIDR answers at once.',
    shape: 'json',
    aidrMs: 0,
    contests: [
      { size: '2 KB', connections: 1, entrants: EVERYTHING },
      { size: '2 KB', connections: 16, entrants: EVERYTHING },
      { size: '2 KB', connections: 128, entrants: LUA_TOO, isRefinement: true },
    ],
  },
  {
    title: 'Larger bodies',
    note: 'JSON, prompt and answer of the size, AIDR answers at once.',
    shape: 'json',
    aidrMs: 0,
    contests: [
      { size: '64 KB', connections: 1, entrants: LUA_TOO, isRefinement: true },
      { size: '64 KB', connections: 16, entrants: LUA_TOO, isRefinement: true },
      { size: '1 MB', connections: 1, entrants: LUA_TOO },
    ],
  },
  {
    title: STREAMS_TITLE,
    note: 'SSE, prompt and answer of the size, AIDR answers at once.',
    shape: 'sse',
    aidrMs: 0,
    contests: [
      { size: '2 KB', connections: 1, entrants: STREAMS, isRefinement: true },
      { size: '64 KB', connections: 1, entrants: STREAMS },
      { size: '64 KB', connections: 16, entrants: STREAMS, isRefinement: true },
      { size: '1 MB', connections: 1, entrants: STREAMS, isRefinement: true },
    ],
  },
  {
    title: 'AIDR takes 50 ms',
    note: 'JSON; each call to AIDR is answered after 50 ms.',
    shape: 'json',
    aidrMs: 50,
    contests: [
      { size: '2 KB', connections: 1, entrants: LUA_TOO, isRefinement: true },
      { size: '2 KB', connections: 16, entrants: LUA_TOO },
      { size: '2 KB', connections: 128, entrants: LUA_TOO, isRefinement: true },
    ],
  },
];

const PLACEMENT_SECTIONS: Section[] = [
  {
    title: 'Where bodies are inspected',
    note: 'JSON, AIDR answers at once: in the phases, and in the relay.',
    shape: 'json',
    aidrMs: 0,
    contests: [
      { size: '2 KB', connections: 1, entrants: PLACEMENTS_AND_PEER },
      { size: '2 KB', connections: 16, entrants: PLACEMENTS_AND_PEER },
      { size: '64 KB', connections: 16, entrants: PLACEMENTS_AND_PEER },
      { size: '1 MB', connections: 1, entrants: PLACEMENTS_AND_PEER },
    ],
  },
  {
    title: 'An agent turn, answered whole',
    note: 'A prompt of 100 KB with a history and 20 tools, an answer of 4 KB in JSON, AIDR answers at once.',
    shape: 'json',
    aidrMs: 0,
    contests: [
      { size: AGENT_TURN, connections: 1, entrants: PLACEMENTS_AND_PEER },
      { size: AGENT_TURN, connections: 16, entrants: PLACEMENTS_AND_PEER },
    ],
  },
  {
    title: 'An agent turn',
    note: 'A prompt of 100 KB with a history and 20 tools, a streamed answer of 4 KB, AIDR answers at once.',
    shape: 'sse',
    aidrMs: 0,
    contests: [
      { size: AGENT_TURN, connections: 1, entrants: PLACEMENTS },
      { size: AGENT_TURN, connections: 16, entrants: PLACEMENTS },
    ],
  },
];

const WORKERS: Variant[] = [
  ALONE,
  { side: 'twoWorkers', route: 'alone' },
  ...of(['ours', 'twoWorkers'], 'both'),
];

const TWO_WORKERS: Section = {
  title: 'Two workers',
  note: 'JSON, AIDR answers at once; one plugin server process for both workers.',
  shape: 'json',
  aidrMs: 0,
  contests: [
    { size: '2 KB', connections: 16, entrants: WORKERS },
    { size: '2 KB', connections: 128, entrants: WORKERS, isRefinement: true },
  ],
};

async function tableOf(
  context: BenchContext,
  { title, note, shape, aidrMs, contests }: Section,
): Promise<Table> {
  const rows: Row[] = [];
  for (const { size, connections, entrants, isRefinement } of contests) {
    if (isRefinement && context.profile.isQuick) continue;
    const question: Question = {
      answer: { shape, bytes: size === AGENT_TURN ? AGENT_ANSWER : SIZES[size] },
      ...(size === AGENT_TURN ? { prompt: agentPrompt() } : {}),
      connections,
      aidrMs,
      variants: entrants.filter(({ side }) => context.gateways.sides.includes(side)),
    };
    rows.push(...rowsOf(`${size} × ${connections}`, await comparison(context, question)));
  }
  return { title, note, rows };
}

/**
 * V8 compiles a function for good when it has run some thousand times, and what a request needs are some thousand functions:
 * it takes 15,000 requests until the plugin server needs no more for one than it ever will.
 */
async function heat(context: BenchContext, sections: readonly Section[]): Promise<void> {
  const profile = { ...context.profile, rounds: 0, warmMs: context.profile.heatMs };
  const entrants = sections.flatMap(({ contests }) => contests.flatMap((contest) => contest.entrants));
  const byName = new Map(entrants.map((entrant) => [`${entrant.side} ${entrant.route}`, entrant]));
  await comparison(
    { ...context, profile },
    {
      answer: { shape: 'json', bytes: SIZES['2 KB'] },
      connections: 16,
      aidrMs: 0,
      variants: [...byName.values()].filter(({ side }) => context.gateways.sides.includes(side)),
    },
  );
}
