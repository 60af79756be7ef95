/**
 * How long a body that is read on the event loop can hold it: in each row, as much of one kind as is still read there.
 * AIDR's part is played in process, and changes every text.
 */
import type { AidrChannel } from '../src/aidr/session.ts';
import { readVerdict } from '../src/aidr/verdict.ts';
import { createInspector } from '../src/inspection/create-inspector.ts';
import { inspectPrompt } from '../src/inspection/inspect-prompt.ts';
import type { Inspector } from '../src/inspection/inspector.ts';
import { weightOf } from '../src/workers/weight.ts';
import { thousandths } from './percentile.ts';
import type { RunProfile } from './run-profile.ts';
import type { Row, Table } from './table.ts';

const PATH = '/v1/chat/completions';

/** By what they are made of: a body with so many of it. They are the slowest of what was grown from each API's sample. */
const KINDS: Record<string, (count: number) => string> = {
  'keys that no format knows': (count) => `{"messages":[],${members(count, '"a"')}}`,
  'keys of a message that no format knows': (count) =>
    `{"messages":[{"role":"user","content":"a",${members(count, '"a"')}}]}`,
  'objects that no format knows': (count) => `{"messages":[],${members(count, '{}')}}`,
  'strings of JSON that no format knows': (count) => `{"messages":[],${members(count, '"[1]"')}}`,
  messages: (count) => `{"messages":[${list(count, '{"role":"user","content":"a"}')}]}`,
  'tools that are none': (count) =>
    `{"messages":[{"role":"user","content":"a"}],"tools":[${list(count, '"a"')}]}`,
  'arguments of a tool': (count) =>
    `{"messages":[{"role":"assistant","tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"[${list(count, '\\"a\\"')}]"}}]}]}`,
  'two-letter words': (count) => `{"messages":[{"role":"user","content":"${'a b'.repeat(count)}"}]}`,
  'numbers in a role': (count) => `{"messages":[{"role":"${'1 '.repeat(count)}","content":"a"}]}`,
  'escaped lines': (count) => `{"messages":[{"role":"user","content":"${'a\\n\\n'.repeat(count)}"}]}`,
};

function members(count: number, value: string): string {
  return Array.from({ length: count }, (_, index) => `"k${index}":${value}`).join(',');
}

function list(count: number, item: string): string {
  return new Array<string>(count).fill(item).join(',');
}

export async function benchInline({ share }: RunProfile): Promise<Table[]> {
  const rows: Row[] = [];
  for (const [kind, make] of Object.entries(KINDS)) rows.push(await rowOf(kind, make, share));
  return [{ title: 'What holds the event loop longest, in process', note: NOTE, rows }];
}

const NOTE =
  'The largest prompt of each kind that is not given to a worker thread, `openai`/`auto`: milliseconds without a break until AIDR is asked, and after it has answered.';

async function rowOf(kind: string, make: (count: number) => string, share: number): Promise<Row> {
  const bytes = largestLight(make);
  const runs = Math.max(8, Math.round(40 * share));
  const stretches: Stretches[] = [];
  for (let run = 0; run < runs; run++) stretches.push(await stretchesOf(bytes, `${kind} ${run}`));
  const best = (key: keyof Stretches) => Math.min(...stretches.map((one) => one[key]));
  return {
    case: kind,
    KB: Math.round(bytes.length / 1024),
    'before ms': thousandths(best('before')),
    'after ms': thousandths(best('after')),
  };
}

function largestLight(make: (count: number) => string): Uint8Array {
  let [light, heavy] = [1, 200_000];
  while (heavy - light > 1) {
    const middle = (light + heavy) >> 1;
    if (weightOf(Buffer.from(make(middle))) !== 'heavy') light = middle;
    else heavy = middle;
  }
  return Buffer.from(make(light));
}

interface Stretches {
  before: number;
  after: number;
}

/** @param id that no other run has: nothing is known of it */
async function stretchesOf(bytes: Uint8Array, id: string): Promise<Stretches> {
  const began = performance.now();
  const times = { asked: Number.NaN, answered: Number.NaN };
  const inspector: Inspector = {
    ...GUARD,
    id,
    aidr: { openChannel: () => channelThatChanges(times), readVerdict },
  };
  const { decision } = await inspectPrompt(
    inspector,
    { bytes, contentType: 'application/json', encoding: undefined, path: PATH },
    { caller: {} },
  );
  const ended = performance.now();
  if (decision.outcome === 'failed_open') throw new Error('nothing may fail open here');
  if (Number.isNaN(times.asked)) return { before: ended - began, after: 0 };
  return { before: times.asked - began, after: ended - times.answered };
}

const { inspector: GUARD } = createInspector(
  { ai_guard_api_key: 'pts_bench', upstream_llm: { provider: 'openai', api_uri: 'auto' } },
  'request',
);

function channelThatChanges(times: { asked: number; answered: number }): AidrChannel {
  return {
    hasEnded: false,
    async send(call) {
      times.asked = performance.now();
      if (call.kind !== 'guard') throw new Error('nothing is encrypted here');
      const input = JSON.parse(call.input);
      const messages = input.messages.map(({ role, content }: Record<string, string>) => ({
        role,
        content: content?.replaceAll(/[a1]/g, 'x'),
      }));
      const result = {
        blocked: false,
        transformed: true,
        detectors: {},
        guard_output: { ...input, messages },
      };
      const reply = Buffer.from(JSON.stringify({ request_id: 'prq_1', status: 'Success', result }));
      await new Promise((resolve) => setImmediate(resolve));
      times.answered = performance.now();
      return { ok: true, reply: { status: 200, body: reply, retryAfter: undefined } };
    },
    end: () => ({ attempts: 1, elapsedMs: 0 }),
  };
}
