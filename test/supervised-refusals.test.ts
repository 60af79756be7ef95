/** What clients get while nobody serves the plugins: the refusals of the instance that they asked, in its style. */
import { afterEach, describe, expect, it } from 'vitest';
import { type Emulator, startEmulator } from '../testkit/aidr-emulator/index.ts';
import { PLUGINS } from '../testkit/harness/plugin-servers.ts';
import {
  type ReplayedKong,
  type ReplayedPhase,
  type ReplayedRequest,
  replayKong,
} from '../testkit/harness/replayed-kong.ts';
import { type ServerProcess, startServer } from '../testkit/harness/server-process.ts';

const [REQUEST, RESPONSE, MCP] = PLUGINS;
const json = { 'content-type': 'application/json' };
const LLM: ReplayedRequest = {
  headers: json,
  body: Buffer.from('{"model":"m","messages":[{"role":"user","content":"hi"}]}'),
  answer: {
    status: 200,
    headers: json,
    body: Buffer.from('{"choices":[{"message":{"role":"assistant","content":"ho"}}]}'),
  },
};
const CALL: ReplayedRequest = {
  headers: { ...json, accept: 'application/json, text/event-stream' },
  path: '/mcp',
  body: Buffer.from(
    '{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"mail","arguments":{"a":"b"}}}',
  ),
};

const COMMON = {
  reason: 'overloaded',
  status: expect.stringMatching(/ could not be inspected by CrowdStrike AIDR$/),
};
const CODE = 'aidr_overloaded';
const NAMELESS = { error: { message: 'request failed' } };

interface Case {
  plugin: string;
  phase: string;
  config: Record<string, unknown>;
  /** The whole body. */
  body: object;
  headers?: object;
}

const llm = (provider: string, rejection_style: string) => ({
  upstream_llm: { provider, api_uri: 'auto' },
  rejection_style,
});
const sentence = expect.stringContaining('could not be inspected by CrowdStrike AIDR: the gateway is busy');
const openAi = {
  ...COMMON,
  code: CODE,
  error: { type: 'server_error', code: CODE, param: null, message: sentence },
};
const gemini = { ...COMMON, code: CODE, error: { code: 503, status: 'UNAVAILABLE', message: sentence } };
const bedrock = { ...COMMON, code: CODE, message: sentence };
const rpc = (code: number, data: object) => ({
  jsonrpc: '2.0',
  id: null,
  error: { code, message: expect.any(String), data },
});

const CASES: Case[] = [
  { plugin: REQUEST, phase: 'access', config: llm('openai', 'provider'), body: openAi },
  { plugin: REQUEST, phase: 'access', config: llm('gemini', 'completion'), body: gemini },
  {
    plugin: REQUEST,
    phase: 'access',
    config: llm('bedrock', 'provider'),
    body: bedrock,
    headers: { 'x-amzn-errortype': 'ServiceUnavailableException' },
  },
  { plugin: REQUEST, phase: 'access', config: llm('openai', 'plain'), body: COMMON },
  { plugin: REQUEST, phase: 'access', config: llm('openai', 'stealth'), body: NAMELESS },
  { plugin: RESPONSE, phase: 'response', config: llm('openai', 'provider'), body: openAi },
  { plugin: RESPONSE, phase: 'response', config: llm('openai', 'stealth'), body: NAMELESS },
  {
    plugin: MCP,
    phase: 'access',
    config: { rejection_style: 'provider', error_code: -32_000 },
    body: rpc(-32_000, { ...COMMON, code: CODE }),
  },
  { plugin: MCP, phase: 'access', config: { rejection_style: 'plain' }, body: rpc(-32_603, COMMON) },
  {
    plugin: MCP,
    phase: 'access',
    config: { rejection_style: 'stealth' },
    body: { jsonrpc: '2.0', id: null, error: { code: -32_603, message: 'request failed' } },
  },
];

let aidr: Emulator;
let server: ServerProcess;
const kongs: ReplayedKong[] = [];

/** A worker of Kong for each case, whose instance nobody has begun yet. */
function workers(): (() => Promise<ReplayedPhase>)[] {
  return CASES.map(({ plugin, phase, config }) => {
    const common = { ai_guard_api_key: 'pts_demo', ai_guard_api_base_url: aidr.url };
    const placed = plugin === MCP ? { ...common, placement: 'phases' } : common;
    const kong = replayKong(plugin, server.socket(plugin), { ...placed, ...config });
    kongs.push(kong);
    return () => kong.run(phase, plugin === MCP ? CALL : LLM);
  });
}

function expectOwnWords(phases: readonly ReplayedPhase[]): void {
  for (const [index, { exit }] of phases.entries()) {
    const { body, headers = {}, plugin, config } = CASES[index] as Case;
    const what = JSON.stringify([plugin, config]);
    expect(exit, what).toMatchObject({ status: 503, headers: { 'Retry-After': '1', ...headers } });
    expect(JSON.parse(exit?.body ?? ''), what).toEqual(body);
    if (config.rejection_style === 'stealth')
      expect(JSON.stringify(exit), what).not.toMatch(/crowdstrike|aidr/i);
  }
}

async function startWithHungAidr(...options: string[]): Promise<(() => Promise<ReplayedPhase>)[]> {
  aidr = await startEmulator();
  aidr.fault({ kind: 'stall' });
  server = await startServer(PLUGINS, ['--replace', ...options]);
  return workers();
}

afterEach(async () => {
  for (const kong of kongs.splice(0)) kong.close();
  await server.stop();
  await aidr.stop();
});

/** AIDR has been asked for all of them, so Kong waits for the process that is about to go. */
const untilAllWait = () => expect.poll(() => aidr.calls.length).toBe(CASES.length);

describe('when the process that serves the plugins is gone', () => {
  it.each(['SIGKILL', 'SIGSTOP'] as const)(
    'by %s, requests are refused in the style of their instance',
    async (signal) => {
      const run = await startWithHungAidr('--max-stall', '1');
      const underWay = run.map((one) => one());
      await untilAllWait();
      process.kill(server.servingPid(), signal);
      expectOwnWords(await Promise.all(underWay));
      // Also those that come meanwhile: the same workers, and new ones.
      expectOwnWords(await Promise.all([...run].map((one) => one())));
      expectOwnWords(await Promise.all(workers().map((one) => one())));
    },
  );
});
