/**
 * `aidr-kong inspect` says what the plugins do: every sample goes through the compiled plugin in a real plugin server, and
 * through inspect, with the same patterns in AIDR's place.
 */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { UsageError } from '../src/cli/arguments.ts';
import { PolicyError } from '../src/cli/dry-run/policy-error.ts';
import { standIn } from '../src/cli/dry-run/stand-in.ts';
import { explain, runInspect } from '../src/cli/inspect/command.ts';
import type { Explanation } from '../src/cli/inspect/explanation.ts';
import { parseInspect } from '../src/cli/inspect/options.ts';
import type { Direction } from '../src/config/schema.ts';
import { startEmulator } from '../testkit/aidr-emulator/index.ts';
import { loadManifest, routeOf } from '../testkit/corpus/manifest.ts';
import { type HttpListener, listenForHttp } from '../testkit/harness/http-listener.ts';
import { PLUGINS } from '../testkit/harness/plugin-servers.ts';
import { type ReplayedPhase, replayKong } from '../testkit/harness/replayed-kong.ts';
import { type ServerProcess, startServer } from '../testkit/harness/server-process.ts';
import { bodies, STREAMS } from '../testkit/samples/index.ts';
import { STREAM_TYPES, streamBytes } from '../testkit/samples/stream-bytes.ts';
import { encodeFrame } from '../testkit/streams/encode-frames.ts';
import { codeBlocks } from './documented-blocks.ts';
import { REPORT_TESTS } from './report-cases.ts';

interface Case {
  name: string;
  direction: Direction;
  route: readonly [provider: string, endpoint: string];
  path: string;
  bytes: Uint8Array;
  contentType: string;
  status?: number | undefined;
  coding?: string | undefined;
}

const JSON_TYPE = 'application/json';

const folder = process.env.WIRE_CORPUS;

/** Those of a corpus of recorded bodies, where `WIRE_CORPUS` names one. */
const recorded = ((folder !== undefined && (await loadManifest(folder))) || []).flatMap((sample) => {
  const route = routeOf(sample);
  return folder !== undefined && route
    ? [{ sample, route, bytes: readFileSync(join(folder, sample.file)) }]
    : [];
});

const CASES: Case[] = [
  ...recorded.map(({ sample, route, bytes }): Case => {
    const { file: name, direction, content_type: contentType = JSON_TYPE, content_encoding: coding } = sample;
    const path = sample.api_uri.startsWith('/') ? sample.api_uri : '/';
    return { ...{ name, direction, route, path, bytes, contentType }, status: sample.http_status, coding };
  }),
  ...bodies.map(({ name, direction, route, path, body }) => {
    return { name, direction, route, path, bytes: Buffer.from(JSON.stringify(body)), contentType: JSON_TYPE };
  }),
  ...STREAMS.map((stream): Case => {
    const { name, route, path, framing } = stream;
    return {
      ...{ name: `${name}, ${framing} stream`, direction: 'response', route, path },
      ...{ bytes: streamBytes(stream), contentType: STREAM_TYPES[framing] },
    };
  }),
  ...REPORT_TESTS.filter(({ mode }) => mode === 'buffered').map(({ report, variant, bytes }): Case => {
    const { id, direction, provider, apiUri, path, contentType } = report;
    return {
      ...{ name: `${id}, ${variant}`, direction, route: [provider, apiUri], path },
      ...{ bytes, contentType: contentType ?? JSON_TYPE },
    };
  }),
];

/** What the samples say, so that every kind of place is redacted somewhere, and some are blocked. */
const POLICY = {
  block: ['(?i)ignore all previous instructions'],
  redact: [{ pattern: '\\d{3}-\\d{2}-\\d{4}' }, { pattern: 'sunny|weather|Rome|brief', with: '<X>' }],
};

let server: ServerProcess;
let aidr: HttpListener;
/** What the plugins sent, by the sample that they sent it for. */
const sent = new Map<string, unknown[]>();

beforeAll(async () => {
  const channel = standIn(POLICY).openChannel({ timeout: 1, caller: '', mayFailOpen: false });
  aidr = await listenForHttp(0, async (request, response) => {
    const { guard_input: input, ...metadata } = JSON.parse((await buffer(request)).toString());
    const id = String(metadata.app_id);
    sent.set(id, [...(sent.get(id) ?? []), comparable(metadata, input)]);
    const answer = await channel.send({ kind: 'guard', metadata, input: JSON.stringify(input) });
    if (!answer.ok) throw new Error('the stand-in did not answer');
    response.writeHead(200, { 'content-type': JSON_TYPE }).end(answer.reply.body);
  });
  server = await startServer(PLUGINS);
});

afterAll(async () => {
  await server.stop();
  await aidr.stop();
});

/** Where a request comes from is what Kong knows, and inspect does not. */
function comparable({ event_type, model, llm_provider }: Record<string, unknown>, input: unknown) {
  return { event_type, model, llm_provider, input };
}

/** Calls are made at the same time. */
function ordered(calls: readonly unknown[]): string[] {
  return calls.map((call) => JSON.stringify(call)).sort();
}

async function throughPlugin(one: Case, id: string) {
  const { direction, route, path, bytes, contentType, status = 200, coding } = one;
  const plugin = `crowdstrike-aidr-${direction}`;
  const [provider, endpoint] = route;
  const kong = replayKong(plugin, server.socket(plugin), {
    ...{ ai_guard_api_key: 'pts_demo', ai_guard_api_base_url: aidr.url, app_id: id },
    ...{ upstream_llm: { provider, api_uri: endpoint }, service_id: 's' },
  });
  const headers = { 'content-type': contentType, ...(coding ? { 'content-encoding': coding } : {}) };
  try {
    if (direction === 'request') return await kong.run('access', { headers, body: bytes, path });
    const answer = { status, headers, body: bytes };
    return await kong.run('response', { headers: {}, body: Buffer.from('{}'), path, answer });
  } finally {
    kong.close();
  }
}

const explanations = new Map<Case, Promise<Explanation>>();

function throughInspect(one: Case): Promise<Explanation> {
  const known = explanations.get(one) ?? inspected(one);
  explanations.set(one, known);
  return known;
}

function inspected(one: Case): Promise<Explanation> {
  const { direction, route, path, bytes, contentType, status = 200, coding } = one;
  const [provider, endpoint] = route;
  const options = parseInspect([
    ...['--provider', provider, '--endpoint', endpoint, '--path', path, '--content-type', contentType],
    ...(direction === 'response' ? ['--response', '--status', `${status}`] : []),
    ...(coding ? ['--content-encoding', coding] : []),
  ]);
  if (!options) throw new Error('no options');
  return explain(options, bytes, { policy: { settings: {}, ...POLICY }, against: undefined });
}

/** A redacted answer is an exit with its own bytes, a redacted prompt a new body. */
function outcomeOf({ exit, rewritten }: ReplayedPhase, direction: Direction) {
  if (rewritten !== undefined) return { after: rewritten };
  if (exit && direction === 'response' && exit.status === 200) return { after: exit.body };
  return exit ? { status: exit.status, code: JSON.parse(exit.body).code } : {};
}

function explainedOutcome({ after, refusal }: Explanation) {
  if (after) return { after: Buffer.from(after).toString('utf8') };
  return refusal ? { status: refusal.status, code: refusal.code } : {};
}

describe('inspect says what the compiled plugin does', () => {
  it.each(CASES)('of $direction $name', async (one) => {
    const id = `sample-${CASES.indexOf(one)}`;
    const [phase, explained] = [await throughPlugin(one, id), await throughInspect(one)];
    const told = explained.calls.map(({ metadata, messages, tools }) =>
      comparable({ ...metadata }, inputOf(messages, tools)),
    );
    expect(ordered(told)).toEqual(ordered(sent.get(id) ?? []));
    expect(explainedOutcome(explained)).toEqual(outcomeOf(phase, one.direction));
  });

  it('of samples that are redacted, refused and let pass', async () => {
    const all = await Promise.all(CASES.map(throughInspect));
    const outcomes = Map.groupBy(all, ({ outcome }) => outcome);
    for (const outcome of ['allowed', 'redacted', 'blocked'] as const)
      expect(outcomes.get(outcome)?.length, outcome).toBeGreaterThan(5);
  });
});

function inputOf(
  messages: Explanation['calls'][number]['messages'],
  tools: Explanation['calls'][number]['tools'],
) {
  return {
    ...(messages.length > 0 ? { messages: messages.map(({ role, content }) => ({ role, content })) } : {}),
    ...(tools.length > 0 ? { tools: tools.map(({ places: _, ...tool }) => tool) } : {}),
  };
}

describe('inspect accounts for every leaf', () => {
  const textOf = ({ bytes, coding }: Case) =>
    (coding === 'gzip' ? gunzipSync(bytes) : Buffer.from(bytes)).toString('utf8');
  /** Not those with a value in each line. */
  const whole = CASES.filter((one) => one.contentType === JSON_TYPE && !/^\{.*\}\n\{/.test(textOf(one)));
  it.each(whole)('of $direction $name', async (one) => {
    const explained = await throughInspect(one);
    if (explained.refusal && explained.calls.length === 0) return;
    const value: unknown = JSON.parse(textOf(one));
    const said = placesIn(explained);
    expect(leavesOf(value, '$').filter((leaf) => !isSaid(leaf, said))).toEqual([]);
  });
});

describe('aidr-kong inspect', () => {
  const chat = (content: unknown, more = {}) =>
    JSON.stringify({ model: 'gpt-4o', messages: [{ role: 'user', content }], ...more });

  it('shows the bytes that go on, and says so with its exit code', async () => {
    const body = chat('My number is 078-05-1120.');
    const { code, stdout } = await runTool(
      ['--provider', 'openai', '--redact', '\\d{3}-\\d{2}-\\d{4}'],
      body,
    );
    expect(code).toBe(0);
    expect(await runTool([], body)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('aidr-kong: --provider is needed'),
    });
    expect((await runTool(['--provider', 'openai', '--block', '078'], body)).code).toBe(1);
    expect(stdout).toContain(body.replace('078-05-1120', '<redacted>'));
    expect(stdout).toContain('$.messages[0].content');
    expect(stdout).toContain('$.model  "gpt-4o"  the name of a known model');
  });

  it('says whether a pattern matched, in the place of AIDR', async () => {
    const options = ['--provider', 'openai', '--redact', '078'];
    const found = await run(options, chat('My number is 078-05-1120.'));
    expect(found.stdout).toContain('call 1 to AIDR: input, 1 message, 0 tools');
    expect(found.stdout).toContain('answer: transformed (redact_1): One of your patterns matches.');
    const passed = await run(options, chat('Hello!'));
    expect(passed.stdout).toContain('answer: passed: None of your patterns matches.');
    const asked = await run(['--provider', 'openai'], chat('Hello!'));
    expect(asked.stdout).toContain('answer: passed: You gave no pattern, so everything passes.');
  });

  it('writes them byte by byte, whatever they are', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'aidr-inspect-'));
    try {
      const file = join(folder, 'after');
      const payload = JSON.stringify({ contentBlockIndex: 0, delta: { text: 'It is sunny.' } });
      const stream = encodeFrame({
        headers: { ':message-type': 'event', ':event-type': 'contentBlockDelta', ':content-type': JSON_TYPE },
        payload,
      });
      const options = ['--provider', 'bedrock', '--response', '--redact', 'sunny', '--output', file];
      expect((await run(options, stream)).code).toBe(0);
      const after = await readFile(file);
      expect(after.toString('latin1')).toContain('It is <redacted>.');
      expect((await run(['--provider', 'bedrock', '--response', '--json'], after)).stdout).toContain(
        '"It is <redacted>."',
      );
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('says what the client gets, and fails, where the body is refused', async () => {
    const blocked = await run(['--provider', 'openai', '--block', 'secret', '--json'], chat('a secret'));
    expect(blocked.code).toBe(1);
    expect(JSON.parse(blocked.stdout)).toMatchObject({
      outcome: 'blocked',
      refusal: { code: 'aidr_prompt_blocked', status: 400 },
      calls: [{ verdict: { kind: 'blocked', detected: ['block_1'] } }],
    });
    const denied = await run(['--provider', 'openai', '--deny', 'secret', '--json'], chat('a secret'));
    expect(JSON.parse(denied.stdout)).toMatchObject({
      refusal: { code: 'aidr_denied_by_pattern' },
      calls: [],
      unsent: [{ text: 'a secret', places: ['$.messages[0].content'] }],
    });
    expect((await run(['--provider', 'openai'], '{"messages":')).code).toBe(1);
  });

  it('says why each thing that is no text is none', async () => {
    const image = Buffer.from(Array.from({ length: 300 }, (_, index) => (index * 97 + 13) % 256));
    const body = chat(
      [
        { type: 'image_url', image_url: { url: `data:image/png;base64,${image.toString('base64')}` } },
        { type: 'image_url', image_url: { url: 'https://example.com/a.png' } },
      ],
      { temperature: 0.5, stream: true, input_ids: [1, 2] },
    );
    const { stdout } = await run(['--provider', 'openai', '--json'], body);
    const { inert, opaque, unreadable } = JSON.parse(stdout);
    expect(opaque).toContainEqual({ place: '$.messages[0].content[0].image_url.url', why: 'media' });
    expect(opaque).toContainEqual({ place: '$.messages[0].content[1].image_url.url', why: 'reference' });
    expect(inert).toContainEqual({ place: '$.temperature', why: 'count', value: 0.5 });
    expect(inert).toContainEqual({ place: '$.stream', why: 'boolean', value: true });
    expect(unreadable).toContainEqual({ place: '$.input_ids', why: 'tokens' });
  });

  it('counts what stands in no JSON, as files in a form do', async () => {
    const image = Buffer.from(Array.from({ length: 300 }, (_, index) => (index * 97 + 13) % 256));
    const part = (head: string, body: string | Buffer) =>
      Buffer.concat([
        Buffer.from(`--b\r\nContent-Disposition: form-data; ${head}\r\n\r\n`),
        Buffer.from(body),
        Buffer.from('\r\n'),
      ]);
    const form = Buffer.concat([
      part('name="prompt"', 'a cat, 078-05-1120'),
      part('name="image"; filename="cat.png"', image),
      Buffer.from('--b--\r\n'),
    ]);
    const type = ['--path', '/v1/images/edits', '--content-type', 'multipart/form-data; boundary=b'];
    const { code, stdout } = await run(
      ['--provider', 'openai', ...type, '--redact', '078-05-1120', '--json'],
      form,
    );
    expect(code).toBe(0);
    const { opaque, calls, after } = JSON.parse(stdout);
    expect(opaque).toEqual([{ why: 'media' }]);
    expect(JSON.stringify(calls)).toContain('a cat, 078-05-1120');
    expect(Buffer.from(after.base64, 'base64').toString()).toContain('a cat, <redacted>');
  });

  it('lets no body write to the terminal', async () => {
    const { stdout } = await run(
      ['--provider', 'openai', '--block', 'zzz'],
      chat('\u001b]0;owned\u0007\u202eabc'),
    );
    expect(stdout).not.toMatch(/(?!\n)\p{C}/u);
    expect(stdout).toContain('\\u{1b}]0;owned\\u{7}\\u{202e}abc');
  });

  it('asks a real AIDR, with a key that nobody sees', async () => {
    const emulator = await startEmulator({ keys: ['pts_inspect'] });
    try {
      const options = ['--provider', 'openai', '--against', emulator.url];
      const env = { CS_AIDR_TOKEN: 'pts_inspect' };
      const { code, stdout } = await run(options, chat('My SSN is 078-05-1120.'), env);
      expect(code).toBe(0);
      expect(stdout).toContain('<US_SSN>');
      expect(emulator.calls).toHaveLength(1);
      const refused = await run([...options, '--key-env', 'OTHER'], chat('hi'), { OTHER: 'pts_wrong' });
      expect(refused.code).toBe(1);
      expect(refused.stdout).toContain('aidr_unauthorized');
      expect(stdout + refused.stdout + refused.stderr).not.toMatch(/pts_(inspect|wrong)/);
      const missing = await run([...options, '--key-env', 'OTHER'], chat('hi'));
      expect(missing).toMatchObject({ code: 2, stderr: expect.stringContaining('OTHER is not set') });
    } finally {
      await emulator.stop();
    }
  });

  it('takes the policy of the manual', async () => {
    const [policy] = await codeBlocks('docs/inspect-and-replay.md', 'yml');
    const folder = await mkdtemp(join(tmpdir(), 'aidr-inspect-'));
    try {
      const file = join(folder, 'policy.yaml');
      await writeFile(file, policy?.text ?? '');
      const options = ['--provider', 'openai', '--policy', file];
      expect((await run(options, chat('4111111111111111, 078-05-1120'))).stdout).toContain(
        '"<CARD>, <redacted>"',
      );
      expect((await run(options, chat('Project Bluebird'))).stdout).toContain('aidr_denied_by_pattern');
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it.each([
    [[], '--provider is needed'],
    [['--provider', 'acme'], '--provider takes one of'],
    [['--provider', 'openai', '--endpoint', '/v9'], 'the allowed api_uris are'],
    [['--provider', 'openai', '--status', '99'], '--status takes an HTTP status'],
    [['--provider', 'openai', '--key-env', 'A'], 'about --against, which is missing'],
    [['--provider', 'openai', '--against', 'http://a:b@c'], 'without credentials'],
    [['--provider', 'openai', '--against', 'http://a', '--redact', 'x'], 'cannot be combined with --against'],
    [['--provider', 'openai', '--redact', '(?=x)'], 'redact: rule 1 needs lookaround'],
    [['--provider', 'openai', '--deny', '('], 'the settings: deny_patterns: rule 1'],
    [['--provider', 'openai', '--policy', '/nowhere'], 'the policy cannot be read: /nowhere'],
    [['--provider', 'openai', '/nowhere'], 'the body cannot be read: /nowhere'],
  ])('%j is refused: %s', async (options, message) => {
    expect(await run(options, '')).toMatchObject({ code: 2, stderr: expect.stringContaining(message) });
  });
});

const TOOL = resolve(import.meta.dirname, '../dist/cli/aidr-kong.cjs');

interface Ended {
  code: unknown;
  stdout: string;
  stderr: string;
}

/** As a process. */
function runTool(args: string[], stdin: string): Promise<Ended> {
  return new Promise((done) => {
    const child = execFile(process.execPath, [TOOL, 'inspect', ...args], (error, stdout, stderr) =>
      done({ code: error ? error.code : 0, stdout, stderr }),
    );
    // It may end before it reads anything.
    child.stdin?.on('error', () => undefined).end(stdin);
  });
}

/** As the process does it. */
async function run(args: string[], stdin: string | Buffer, env = {}): Promise<Ended> {
  try {
    const options = parseInspect(args);
    if (!options) throw new Error('no options');
    const given = { env, stdin: Readable.from([Buffer.from(stdin)]) };
    const { output, isRefused } = await runInspect(options, given);
    return { code: isRefused ? 1 : 0, stdout: output, stderr: '' };
  } catch (error) {
    if (!(error instanceof UsageError || error instanceof PolicyError)) throw error;
    return { code: 2, stdout: '', stderr: error.message };
  }
}

function placesIn({ calls, unsent, inert, opaque, unreadable }: Explanation): string[] {
  const texts = [...calls.flatMap(({ messages, tools }) => [...messages, ...tools]), ...unsent];
  const repeated = texts.flatMap((text) => ('repeated' in text && text.repeated) || []);
  const others = [...inert, ...opaque, ...unreadable].flatMap(({ place }) => place ?? []);
  return [...texts.flatMap(({ places }) => places), ...others, ...repeated];
}

/** A place is said by itself, as one that something stands in, or as one that holds it. */
function isSaid(leaf: string, places: readonly string[]): boolean {
  return places.some((place) => {
    const [outer = '', inner = ''] = place.split(' ');
    // Keys are said for all of the body.
    if (inner === '(key)') return false;
    return leaf === outer || leaf.startsWith(`${outer}.`) || leaf.startsWith(`${outer}[`);
  });
}

function leavesOf(value: unknown, path: string): string[] {
  if (typeof value !== 'object' || value === null) return [path];
  return Object.entries(value).flatMap(([key, item]) => {
    const step = Array.isArray(value)
      ? `[${key}]`
      : /^[A-Za-z_]\w*$/.test(key)
        ? `.${key}`
        : `[${JSON.stringify(key)}]`;
    return leavesOf(item, `${path}${step}`);
  });
}
