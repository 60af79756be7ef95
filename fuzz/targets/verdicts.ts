/**
 * AIDR's answers, as they should be and otherwise: a delivered block blocks, nothing but a clear verdict passes, and what
 * AIDR changed is applied to the texts that it changed, or to none.
 */
import { constantFrom, record } from 'fast-check';
import { readUnredacted } from '../../src/aidr/unredact.ts';
import { type Inspected, readVerdict } from '../../src/aidr/verdict.ts';
import { parseJson } from '../../src/body/json/document.ts';
import { loadConfig } from '../../src/config/load.ts';
import { readRequest } from '../../src/formats/read.ts';
import { routeFormats } from '../../src/formats/registry.ts';
import { isObject } from '../../src/formats/segment.ts';
import { guardInput, planInput, turnsOf } from '../../src/inspection/calls/plan-calls.ts';
import { apply, combineVerdicts } from '../../src/inspection/policy/enforcement.ts';
import { anyFlips, type Flip, flipped } from '../bytes.ts';
import { anySpelling, type Spelling, spell } from '../json-spellings.ts';
import { hideMarkers, MARKER } from '../marker.ts';
import { anyMutations, type Mutation, mutate } from '../mutations.ts';
import type { Growth, Target } from '../target.ts';

interface Input {
  status: number;
  answer: object;
  mutations: Mutation[];
  spelling: Spelling;
  flips: Flip[];
}

const PROMPT = Buffer.from(
  JSON.stringify({
    messages: [
      { role: 'user', content: `Look at ${MARKER}.` },
      { role: 'user', content: 'And at nothing else.' },
    ],
    tools: [
      { type: 'function', function: { name: 'look', description: `Looks at ${MARKER}.`, parameters: {} } },
    ],
  }),
);
const opened = openPrompt();
const [call] = planInput(turnsOf(opened.extraction), opened.extraction.tools);
const sent = call && guardInput(call);

const DETECTORS = {
  malicious_prompt: { detected: false, data: null },
  confidential_and_pii_entity: {
    detected: true,
    data: { entities: [{ type: 'T', value: MARKER, action: 'redacted' }] },
  },
  topic: { detected: true, data: { topics: [{ topic: 'gibberish', confidence: 1 }] } },
};
const ANSWERS = [
  { blocked: false, transformed: false, detectors: {}, guard_output: sent },
  { blocked: false, transformed: true, detectors: DETECTORS, guard_output: hideMarkers(sent), policy: 'p' },
  {
    blocked: false,
    transformed: true,
    detectors: DETECTORS,
    guard_output: hideMarkers(sent),
    fpe_context: 'Y29udGV4dA==',
  },
  { blocked: true, transformed: false, detectors: DETECTORS },
  { data: ['a'] },
].map((result) => ({ request_id: 'prq_1', status: 'Success', summary: 'Found something.', result }));

export const verdicts: Target<Input> = {
  name: 'verdicts',
  inputs: record({
    status: constantFrom(200, 200, 200, 200, 202, 204, 301, 400, 401, 403, 404, 408, 413, 422, 429, 500, 503),
    answer: constantFrom<object[]>(...ANSWERS),
    mutations: anyMutations,
    spelling: anySpelling,
    flips: anyFlips,
  }),
  show: (input) => JSON.stringify({ status: input.status, base64: bytesOf(input).toString('base64') }),
  start: async () => ({ check: checkVerdict, growth }),
};

function bytesOf({ answer, mutations, spelling, flips }: Input): Buffer {
  return flipped(Buffer.from(spell(mutate(answer, mutations), spelling)), flips);
}

function checkVerdict(input: Input): void {
  const reply = { status: input.status, body: bytesOf(input), retryAfter: undefined };
  const answer = jsonIn(reply.body);
  const result = isObject(answer) && isObject(answer.result) ? answer.result : {};
  const inspected = readVerdict(reply);
  if (result.blocked === true && !isBlock(inspected)) throw new Error('a delivered block was passed over');
  if (isBlock(inspected) && result.blocked !== true) throw new Error('a block was made up');
  if (inspected.ok && !isBlock(inspected)) {
    if (reply.status !== 200) throw new Error(`status ${reply.status} was taken for a verdict`);
    if (result.blocked !== false) throw new Error('no clear verdict was taken for one');
    const status = isObject(answer) ? answer.status : undefined;
    if (![undefined, null, 'Success'].includes(status as never))
      throw new Error('another status was taken for success');
  }
  checkEnforcement(inspected, result);
  const unredacted = readUnredacted(reply);
  if (unredacted.ok && (reply.status !== 200 || (unredacted.data !== undefined) !== 'data' in result))
    throw new Error('no answer to unredact was taken for one');
}

function isBlock(inspected: Inspected): boolean {
  return inspected.ok && inspected.verdict.kind === 'blocked';
}

/** What is let through as it was, AIDR had not changed; what is changed is what AIDR said. */
function checkEnforcement(inspected: Inspected, result: Record<string, unknown>): void {
  if (!call) throw new Error('the prompt makes no call');
  const combined = combineVerdicts('request', opened.config, [{ call, inspected }]);
  const decision =
    combined.kind === 'decided'
      ? combined.decision
      : apply('request', opened.config, opened.document, combined).decision;
  const isChange = JSON.stringify(result.guard_output) !== JSON.stringify(sent);
  if (decision.outcome === 'allowed' && result.transformed === true && isChange)
    throw new Error('what AIDR changed is let through');
  if (decision.outcome !== 'redacted') return;
  const changed = JSON.parse(Buffer.from(decision.body).toString('utf8'));
  const said = isObject(result.guard_output) ? result.guard_output : {};
  const texts = (messages: unknown) =>
    Array.isArray(messages) ? messages.map((message) => String(message.content).toWellFormed()) : [];
  if (JSON.stringify(texts(changed.messages)) !== JSON.stringify(texts(said.messages)))
    throw new Error('the body does not say what AIDR said');
}

function jsonIn(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined;
  }
}

function openPrompt() {
  const upstream = { provider: 'openai', api_uri: '/v1/chat/completions' };
  const { config } = loadConfig({ ai_guard_api_key: 'k', upstream_llm: upstream }, 'request');
  const formats = routeFormats('openai', '/v1/chat/completions');
  const parsed = parseJson(PROMPT);
  if (!formats || !parsed.ok || !isObject(parsed.document.value)) throw new Error('no prompt');
  const { extraction } = readRequest(formats, parsed.document.value, '/v1/chat/completions');
  return { config, document: parsed.document, extraction };
}

const growth: Growth = {
  pieces: [
    ...[
      '{"result":{"blocked":false,"transformed":true,"summary":"',
      '","detectors":{"a":{"detected":true}},"x":"',
      'a',
    ],
    ...['"}}', '"}', '\\u0000', '\\n', '{', '[', '"', '1,', '"k":1,', ' ', '\u2028'],
  ],
  read: (body) => {
    readVerdict({ status: 200, body, retryAfter: undefined });
  },
};
