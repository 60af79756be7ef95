/** What the documentation says is what the code does. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { delimiter, dirname, posix, resolve } from 'node:path';
import { promisify } from 'node:util';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { type FailureClass, mayFailOpen } from '../src/aidr/failure.ts';
import { findingCodes } from '../src/cli/check/codes.ts';
import { sentence } from '../src/cli/check/finding.ts';
import { check } from '../src/cli/check/index.ts';
import { loadConfig } from '../src/config/load.ts';
import { MCP_PLUGIN_NAME, PLUGIN_NAMES } from '../src/config/plugin-name.ts';
import { configurationReference, mcpReference } from '../src/config/reference.ts';
import { failure } from '../src/inspection/refusal/rejection.ts';
import { BATCH_HOOK_PLUGIN } from '../src/kong/batch-hook-plugin.ts';
import { guardPlugin } from '../src/kong/guard-plugin.ts';
import { endpointReference } from '../testkit/harness/endpoint-reference.ts';
import { answerTable, codeTable, shapeTable } from '../testkit/harness/refusal-reference.ts';
import { sizingTable } from '../testkit/harness/sizing-reference.ts';
import {
  codeBlocks,
  RUN_BY_EVALUATION_TEST,
  RUN_BY_POSTGRES_TEST,
  shellBlocks,
} from './documented-blocks.ts';
import { linksIn } from './markdown.ts';
import { filesUnder, pages } from './repository-files.ts';

const root = resolve(import.meta.dirname, '..');
const read = (file: string) => readFile(resolve(root, file), 'utf8');
const execute = promisify(execFile);
const env = { ...process.env, PATH: `${dirname(process.execPath)}${delimiter}${process.env.PATH}` };

it('the tables of settings are those that `npm run docs` writes', async () => {
  expect(await read('docs/configuration.md')).toContain(
    `<!-- configuration:start -->\n${configurationReference()}\n<!-- configuration:end -->`,
  );
});

it('the table of settings of the plugin for MCP is the one that `npm run docs` writes', async () => {
  expect(await read('docs/mcp.md')).toContain(
    `<!-- configuration:start -->\n${mcpReference()}\n<!-- configuration:end -->`,
  );
});

it('the table of endpoints is the one that `npm run docs` writes', async () => {
  expect(await read('docs/endpoints.md')).toContain(
    `<!-- endpoints:start -->\n${endpointReference()}\n<!-- endpoints:end -->`,
  );
});

it.each([
  ['codes', codeTable],
  ['shapes', shapeTable],
  ['answers', answerTable],
])('the table of %s in refusals.md is the one that `npm run docs` writes', async (section, table) => {
  expect(await read('docs/refusals.md')).toContain(
    `<!-- ${section}:start -->\n${table()}\n<!-- ${section}:end -->`,
  );
});

it('the table of codes in check.md is the one that `npm run docs` writes', async () => {
  expect(await read('docs/check.md')).toContain(
    `<!-- codes:start -->\n${findingCodes()}\n<!-- codes:end -->`,
  );
});

it('the sizing table is the one that `npm run docs` calculates from the benchmarks', async () => {
  expect(await read('docs/scaling.md')).toContain(
    `<!-- sizing:start -->\n${sizingTable(await read('docs/benchmarks.md'))}\n<!-- sizing:end -->`,
  );
});

it("the README's figures are among those of the benchmark's page", async () => {
  const [, figures = ''] =
    /<!-- benchmarks:start -->\n(.*)\n<!-- benchmarks:end -->/s.exec(await read('README.md')) ?? [];
  expect(figures).toContain('| 2 KB × 1 | ours: both directions |');
  const [, summary = ''] = /^## Summary\n\n(.*?)\n\n#/ms.exec(await read('docs/benchmarks.md')) ?? [];
  const lines = summary.split('\n');
  expect(lines.filter((line) => figures.split('\n').includes(line)).join('\n')).toBe(figures);
});

it('kong.yaml holds the guard and the batch hook as the code knows them, and configurations that load', async () => {
  const { services } = parse(await read('kong.yaml'));
  const [request, response, guard, batchHook] = services[0].plugins;
  expect(guard).toEqual(guardPlugin(['request', 'response'], false));
  expect(batchHook).toEqual(BATCH_HOOK_PLUGIN);
  expect(() => loadConfig({ ...request.config, ai_guard_api_key: 'x' }, 'request')).not.toThrow();
  expect(() => loadConfig({ ...response.config, ai_guard_api_key: 'x' }, 'response')).not.toThrow();
});

it('the threat model names tests that exist, with words that stand in them', async () => {
  const folders = ['src', 'testkit', 'fuzz', 'test', 'plugins'];
  const all = (await Promise.all(folders.map(filesUnder))).flat();
  const files = all.filter((file) => !/^(fuzz|testkit)\//.test(file) || file.endsWith('.test.ts'));
  const model = await read('docs/threat-model.md');
  const named = [...model.matchAll(/`([\w/.-]+\.ts)`(?:: ([^|`]+?)(?= \||; `))?/g)];
  expect(named.length).toBeGreaterThan(50);
  for (const [, name = '', titles = ''] of named) {
    const found = files.filter((file) => file === name || file.endsWith(`/${name}`));
    expect(found, name).toHaveLength(1);
    const text = await read(found[0] ?? '');
    const parts = titles.split(/; |…|\//).map((part) => part.trim().replace(/\.$/, ''));
    for (const part of parts) expect(text.includes(part), `${name}: ${part}`).toBe(true);
  }
});

it('the demo of the README shows what the README says', async () => {
  const { stdout } = await execute(process.execPath, ['demo/index.ts', '--once'], { cwd: root, env });
  const statuses = [...stdout.matchAll(/^→ (\d+)$/gm)].map(([, status]) => status);
  expect(statuses).toEqual(['200', '400', '200', '503']);
  expect(stdout).toContain('*******7890');
});

it('the strategies page says of each failure class what the code does', async () => {
  const page = await read('docs/strategies.md');
  const rows = [...page.matchAll(/^\| `(\w+)` \| [^|]+ \| ([^|]+) \| (\w+) \| (\w+) \| (\w+) \|$/gm)];
  expect(rows.map(([, name]) => name).sort()).toEqual((await wordsOf('src/aidr/failure.ts')).sort());
  for (const [, name, status, enforce, ignore, audit] of rows) {
    const { httpStatus, retryAfter } = failure('request', { class: name as FailureClass, detail: '' });
    expect(status, name).toBe(retryAfter === undefined ? `${httpStatus}` : `${httpStatus}, \`Retry-After\``);
    expect([enforce, ignore, audit], name).toEqual([
      'refused',
      mayFailOpen(name as FailureClass) ? 'passes' : 'refused',
      'passes',
    ]);
  }
});

it('the operations page explains every field of the record, and shows no other', async () => {
  const page = await read('docs/operations.md');
  const [, table = ''] = /^\| field \| meaning \|\n((?:\|.*\n)+)/m.exec(page) ?? [];
  const explained = [...table.matchAll(/^\| ([^|]+) \|/gm)].flatMap(([, names = '']) =>
    [...names.matchAll(/`(\w+)`/g)].map(([, name]) => name),
  );
  const fields = await fieldsOf('src/inspection/report/record.ts', 'InspectionRecord');
  expect([...explained].sort()).toEqual([...fields].sort());
  const [example] = await codeBlocks('docs/operations.md', 'json');
  expect(fields).toEqual(expect.arrayContaining(Object.keys(JSON.parse(example?.text ?? ''))));
});

it('the operations page explains every metric, and no other', async () => {
  const folder = 'src/diagnostics/metrics';
  const sources = (await filesUnder(folder)).filter((file) => !file.endsWith('.test.ts'));
  const code = (await Promise.all(sources.map(read))).join('\n');
  const metrics = new Set([...code.matchAll(/'crowdstrike_aidr_(\w+)'/g)].map(([, name]) => name));
  expect(metrics.size).toBeGreaterThan(20);
  const [, table = ''] =
    /^\| metric .*\n\|[-|]+\n((?:\|.*\n)+)/m.exec(await read('docs/operations.md')) ?? [];
  const explained = [...table.matchAll(/^\| ([^|]+) \|/gm)].flatMap(([, names = '']) =>
    [...names.matchAll(/`(\w+)`/g)].map(([, name]) => name),
  );
  expect(explained.sort()).toEqual([...metrics].sort());
});

describe('a limit in the documentation is the one in the code', () => {
  it.each([
    ['docs/operations.md', 'AIDR origin | 256,', 'src/aidr/transport.ts', 'MAX_CONNECTIONS = 256;'],
    ['docs/operations.md', '64 more for callers', 'src/aidr/transport.ts', 'SPARE_CONNECTIONS = 64;'],
    ['docs/operations.md', 'use fewer than 8', 'src/aidr/connection-slots.ts', 'CALLS_ON_SPARE = 8;'],
    ['docs/operations.md', '2,048 calls that wait', 'src/aidr/connection-slots.ts', 'MAX_WAITING = 2048;'],
    ['docs/operations.md', '| 8; 256 |', 'src/inspection/calls/ask.ts', 'MAX_PARALLEL = 8;'],
    ['docs/operations.md', '| 8; 256 |', 'src/inspection/inspect-extraction.ts', 'MAX_CALLS = 256;'],
    ['docs/operations.md', 'under way | 128 |', 'src/inspection/audit.ts', 'MAX_UNDER_WAY = 128;'],
    [
      'docs/operations.md',
      'bodies of callers, if more than 64 KB',
      'src/pluginserver/frame-reader.ts',
      'BULK = 65_536;',
    ],
    [
      'docs/operations.md',
      'a quarter of that more',
      'src/pluginserver/body-budget.ts',
      'ARRIVING_SHARE = 1 / 4;',
    ],
    [
      'docs/operations.md',
      '64 MB (`--max',
      'src/bin/plugin-server-options.ts',
      'DEFAULT_MEGABYTES_IN_FLIGHT = 64;',
    ],
    ['docs/operations.md', 'KB each | 64 MB', 'src/inspection/open-body.ts', 'FairBudget(67_108_864)'],
    ['docs/operations.md', 'became, if more than 64 KB', 'src/inspection/open-body.ts', 'SMALL = 65_536;'],
    [
      'docs/operations.md',
      'bodies of audits under way | 64 MB',
      'src/inspection/audit.ts',
      'FairBudget(67_108_864)',
    ],
    ['docs/operations.md', '| 150,000 | 400', 'src/body/json/check.ts', 'MAX_VALUES = 150_000;'],
    [
      'docs/operations.md',
      '| 1,000,000; 150,000 |',
      'src/body/json/check.ts',
      'MAX_ANSWER_VALUES = 1_000_000;',
    ],
    ['docs/operations.md', '| 256 | 400', 'src/body/json/check.ts', 'MAX_DEPTH = 256;'],
    ['docs/operations.md', '| 40,000, and', 'src/body/json/check.ts', 'FREE_LEVELS = 40_000;'],
    ['docs/operations.md', 'and four more', 'src/body/json/check.ts', 'LEVELS_PER_CHARACTER = 4;'],
    ['docs/operations.md', 'up to 16 for each', 'src/body/json/check.ts', 'LEVELS_PER_VALUE = 16;'],
    ['docs/operations.md', '| 20,000; 16,000 |', 'src/body/json/check.ts', 'MAX_KEYS = 20_000;'],
    ['docs/operations.md', '| 20,000; 16,000 |', 'src/body/json/check.ts', 'MAX_KEY_LENGTH = 16_000;'],
    [
      'docs/operations.md',
      '| texts of their own | 10,000 |',
      'src/formats/collector.ts',
      'MAX_SEGMENTS = 10_000;',
    ],
    ['docs/operations.md', 'more than 100 strings', 'src/formats/collector.ts', 'MAX_APART = 100;'],
    ['docs/operations.md', 'stream | 250,000 |', 'src/body/stream/document.ts', 'MAX_EVENTS = 250_000;'],
    ['docs/operations.md', 'one body | 256 |', 'src/inspection/inspect-extraction.ts', 'MAX_CALLS = 256;'],
    ['docs/operations.md', 'as received | 128 MB', 'src/live/byte-reservation.ts', 'FairBudget(134_217_728)'],
    [
      'docs/operations.md',
      'calls at once of each | 4,096, or an eighth of the open files',
      'src/live/relay.ts',
      'MAX_REQUESTS = Math.min(4_096, Math.floor(maxOpenFiles() / 8));',
    ],
    [
      'docs/operations.md',
      'connections of Kong to the relay | 8,192, or a quarter of the open files',
      'src/live/relay.ts',
      'MAX_CONNECTIONS = Math.min(8_192, Math.floor(maxOpenFiles() / 4));',
    ],
    [
      'docs/operations.md',
      'connections of Kong to the plugins | a quarter of the open files',
      'src/pluginserver/supervisor.ts',
      '#maxConnections = Math.floor(maxOpenFiles() / 4);',
    ],
    ['docs/operations.md', '50,000 turns', 'src/inspection/history/history.ts', 'MAX_TURNS = 50_000;'],
    ['docs/operations.md', '16 Mi characters', 'src/inspection/history/history.ts', 'MAX_SIZE = 16_777_216;'],
    ['docs/operations.md', '15 minutes', 'src/inspection/history/history.ts', 'TIME_TO_LIVE = 900_000;'],
    ['docs/operations.md', '| 16 MB;', 'src/aidr/transport.ts', 'MAX_ANSWER_BYTES = 16 * 1_048_576;'],
    ['docs/operations.md', '256 KB with another', 'src/aidr/transport.ts', 'MAX_OTHER_BYTES = 262_144;'],
    ['docs/operations.md', 'up to 80 KB decoded', 'src/workers/weight.ts', 'LIGHT_BYTES = 81_920;'],
    ['docs/operations.md', 'at most 400 values', 'src/workers/weight.ts', 'LIGHT_PARTS = 400;'],
    ['docs/operations.md', 'those over 8 KB', 'src/workers/weight.ts', 'SMALL_BYTES = 8_192;'],
    ['docs/operations.md', 'more than 100 values', 'src/workers/weight.ts', 'SMALL_PARTS = 100;'],
    ['docs/operations.md', 'more than 1,000,000 (', 'src/workers/weight.ts', 'LIGHT_SCAN = 1_000_000;'],
    ['docs/operations.md', 'a break | 4 s |', 'src/workers/inspection-pool.ts', 'maxStretchMs: 4_000,'],
    ['docs/operations.md', 'in all | 12 s |', 'src/workers/inspection-pool.ts', 'maxComputingMs: 12_000,'],
    ['docs/operations.md', 'nor asks | 20 s |', 'src/workers/inspection-pool.ts', 'maxSilenceMs: 20_000,'],
    [
      'docs/operations.md',
      'thread | 512 MB |',
      'src/workers/inspection-pool.ts',
      'maxOldGenerationSizeMb: 512,',
    ],
    ['docs/operations.md', 'one thread | 64 MB |', 'src/workers/inspection-pool.ts', 'maxBytes: 64 * MIB,'],
    ['docs/operations.md', '| 256; 64 MB; 10 s |', 'src/workers/inspection-pool.ts', 'maxWaiting: 256,'],
    [
      'docs/operations.md',
      '| 256; 64 MB; 10 s |',
      'src/workers/inspection-pool.ts',
      'maxWaitingBytes: 64 * MIB,',
    ],
    ['docs/operations.md', '| 256; 64 MB; 10 s |', 'src/workers/inspection-pool.ts', 'maxWaitMs: 10_000,'],
    ['docs/operations.md', '45 s at most', 'src/config/schema.ts', 'MAX_TIMEOUT_MS = 45_000;'],
    [
      'deploy/compose/docker-compose.yaml',
      'of up to 45 s',
      'src/config/schema.ts',
      'MAX_TIMEOUT_MS = 45_000;',
    ],
    ['docs/operations.md', 'connecting to AIDR | 5 s', 'src/aidr/transport.ts', 'CONNECT_LIMIT_MS = 5_000;'],
    ['docs/operations.md', '| 2, after about 100', 'src/aidr/retry.ts', 'MAX_RETRIES = 2;'],
    ['docs/operations.md', '| 2, after about 100', 'src/aidr/retry.ts', 'FIRST_DELAY = 100;'],
    ['docs/operations.md', '| 5; 1 s;', 'src/aidr/circuit.ts', 'THRESHOLD = 5;'],
    ['docs/operations.md', '| 3 s; once', 'src/aidr/health-probe.ts', 'HEALTH_PROBE_LIMIT = 3_000;'],
    ['docs/operations.md', 'once a second', 'src/aidr/health-probe.ts', 'MEMORY = 1_000;'],
    ['docs/operations.md', 'at 60 %', 'src/aidr/deadline.ts', 'SLOW_SHARE = 0.6;'],
    [
      'docs/operations.md',
      '\nGood morning. How are you today?\n',
      'src/aidr/health-probe.ts',
      "'Good morning. How are you today?'",
    ],
    ['docs/operations.md', '| 5; 1 s;', 'src/aidr/circuit.ts', 'FIRST_PROBE_AFTER = 1_000;'],
    ['docs/operations.md', 'up to every 30 s', 'src/aidr/circuit.ts', 'PROBE_AT_LEAST_EVERY = 30_000;'],
    [
      'docs/operations.md',
      'before we refuse it | 50 s',
      'src/bin/aidr-pluginserver.ts',
      'REPLY_DEADLINE = 50_000;',
    ],
    ['docs/operations.md', 'upload | 10 minutes', 'src/bin/aidr-pluginserver.ts', 'STEP_DEADLINE = 600_000;'],
    ['docs/operations.md', 'told to end | 50 s', 'src/bin/aidr-pluginserver.ts', 'STOP_LIMIT = 50_000;'],
    ['docs/operations.md', 'stand still | 5 s', 'src/bin/plugin-server-options.ts', 'DEFAULT_MAX_STALL = 5;'],
    ['docs/operations.md', 'every 60 seconds', 'src/aidr/collector-key.ts', 'LOOK_EVERY = 60_000;'],
    ['docs/operations.md', 'ten lines a second', 'plugins/shared/log-lines.ts', 'MAX_LINES_A_SECOND = 10;'],
    ['docs/operations.md', 'eight ids', 'src/inspection/report/record.ts', 'MAX_IDS = 8;'],
    ['docs/local-patterns.md', 'each list | 10 |', 'src/config/schema.ts', 'MAX_PATTERNS = 10;'],
    ['docs/local-patterns.md', 'a pattern | 500 |', 'src/config/schema.ts', 'MAX_PATTERN_LENGTH = 500;'],
    [
      'docs/local-patterns.md',
      '| 5,000 |',
      'src/inspection/patterns/local-rules.ts',
      'MAX_PROGRAM_SIZE = 5_000;',
    ],
    [
      'docs/local-patterns.md',
      '| 2 Mi |',
      'src/inspection/patterns/local-rules.ts',
      'MAX_TEXT_LENGTH = 2_097_152;',
    ],
    ['docs/configuration.md', '400 times the coded', 'src/body/content-encoding.ts', 'MAX_EXPANSION = 400;'],
    ['docs/configuration.md', 'above 2 MiB', 'src/body/content-encoding.ts', 'ALWAYS_ALLOWED = 2_097_152;'],
    [
      'docs/configuration.md',
      'up to 128 characters',
      'src/inspection/calls/metadata.ts',
      'MAX_MODEL_LENGTH = 128;',
    ],
  ])('%s: %s', async (page, phrase, file, constant) => {
    expect(await read(page)).toContain(phrase);
    expect(await read(file)).toContain(constant);
  });
});

describe('the kong.yaml of the Lua plugins, before and after', async () => {
  const [before, after] = await codeBlocks('docs/migrate-from-lua.md', 'yml');
  const configurations = (text = '') =>
    parse(text, { merge: true }).services[0].plugins as { name: string; config: Record<string, unknown> }[];
  const worst = (text = '') =>
    check([{ file: 'kong.yaml', text }])
      .findings.filter(({ level }) => level !== 'info')
      .map(({ code }) => code);
  /** With the guard and the batch hook where the page says that they stand. */
  const complete = (after?.text ?? '').replace(/^ *# here: [\s\S]*/m, () =>
    stringify([guardPlugin(['request', 'response'], false), BATCH_HOOK_PLUGIN])
      .trimEnd()
      .replace(/^/gm, '      '),
  );

  it('loads as it was, and lacks the guard alone', () => {
    for (const { name, config } of configurations(before?.text))
      expect(() => loadConfig({ ...config, ai_guard_api_key: 'x' }, directionOf(name))).not.toThrow();
    expect(worst(before?.text)).toContain('guard-missing');
  });

  it('has nothing to complain of afterwards', () => {
    for (const { name, config } of configurations(after?.text))
      expect(() => loadConfig({ ...config, ai_guard_api_key: 'x' }, directionOf(name))).not.toThrow();
    // As in kong.yaml: whether Kong verifies the provider stands in kong.conf, which the page does not show.
    expect(worst(complete)).toEqual(['unverified-upstream']);
  });

  it('differs in what the page says, and in nothing else', () => {
    const [request, response] = configurations(before?.text);
    const { stream_batch_size: _, stop_on_error: __, ...rest } = response?.config ?? {};
    expect(configurations(after?.text)).toEqual([request, { ...response, config: rest }]);
  });
});

function directionOf(plugin: string): 'request' | 'response' {
  return plugin === PLUGIN_NAMES.request ? 'request' : 'response';
}

/** The words that stand as string literals in a file. */
async function wordsOf(file: string): Promise<string[]> {
  const words = new Set<string>();
  visit(await sourceOf(file), (node) => {
    if (ts.isStringLiteral(node)) words.add(node.text);
  });
  return [...words];
}

async function fieldsOf(file: string, name: string): Promise<string[]> {
  const fields: string[] = [];
  visit(await sourceOf(file), (node) => {
    if (!ts.isInterfaceDeclaration(node) || node.name.text !== name) return;
    fields.push(...node.members.flatMap((member) => (member.name ? [member.name.getText()] : [])));
  });
  return fields;
}

async function sourceOf(file: string): Promise<ts.SourceFile> {
  return ts.createSourceFile(file, await read(file), ts.ScriptTarget.Latest, true);
}

function visit(node: ts.Node, look: (node: ts.Node) => void): void {
  look(node);
  ts.forEachChild(node, (child) => visit(child, look));
}

const RUN_BY_OTHERS: readonly string[] = [RUN_BY_POSTGRES_TEST, ...RUN_BY_EVALUATION_TEST];

/** Why no test runs a block. */
const NEEDS: Record<string, string> = {
  'needs=deck': 'it needs decK and a Kong with a database',
  'needs=docker': 'it needs a Docker daemon, and stays up',
  'needs=clone': 'it needs a clone of the repository, and a Docker daemon',
  'needs=cluster': 'it needs a Kubernetes cluster',
  'needs=konnect': 'it needs a Konnect account',
  'needs=machine': 'it changes the machine',
  'needs=registry': 'it fetches packages',
  'needs=itself': 'it runs all tests, this one included',
  'needs=gateway': 'it needs a gateway that is up',
};

describe.each(await pages())('%s', async (page) => {
  for (const { line, tag, text } of await shellBlocks(page)) {
    if (RUN_BY_OTHERS.includes(tag)) continue;
    if (tag === 'test')
      it(`has commands in line ${line} that work`, async () => {
        await execute('sh', ['-eu', '-c', text], { cwd: root, env });
      });
    else
      it(`has commands in line ${line} that were not run: ${NEEDS[tag] ?? tag}`, (test) => {
        expect(Object.keys(NEEDS), `the tag of the block in line ${line}`).toContain(tag);
        test.skip(NEEDS[tag]);
      });
  }

  for (const { line, text } of await codeBlocks(page, 'yaml'))
    it(`has an example in line ${line} that Kong and the plugins accept`, () => {
      const { findings } = check([{ file: 'example', text: asDeclaration(text) }]);
      expect(findings.filter(({ level }) => level === 'error').map(sentence)).toEqual([]);
    });

  it('names files that exist', async () => {
    const text = await read(page);
    const named = text.matchAll(
      /`((?:deploy|docs|src|testkit|test|plugins|bench|fuzz|corpus|soak|demo|scripts)\/[\w/.-]*)`/g,
    );
    for (const [, path = ''] of named) expect(existsSync(resolve(root, path)), path).toBe(true);
  });
});

it("the manual's table of contents has every page", async () => {
  const contents = await read('docs/README.md');
  const listed = new Set(linksIn(contents).map(({ target }) => posix.join('docs', target)));
  const others = (await pages()).filter((page) => page.startsWith('docs/') && page !== 'docs/README.md');
  expect(others.filter((page) => !listed.has(page))).toEqual([]);
  expect(await read('README.md')).toContain('](docs/README.md)');
});

/** Most examples are what stands under the `plugins` of a service: beside them are the guard and the vault of kong.yaml. */
function asDeclaration(text: string): string {
  const example: unknown = parse(text);
  if (!Array.isArray(example)) return text;
  const consumers = example.flatMap(({ consumer }) => (consumer ? [{ username: consumer }] : []));
  const directions = (['request', 'response'] as const).filter((direction) =>
    example.some(({ name }) => name === PLUGIN_NAMES[direction] || name === MCP_PLUGIN_NAME),
  );
  const hasGuard = directions.length === 0 || example.some(({ name }) => name === 'post-function');
  const plugins = hasGuard ? example : [...example, guardPlugin(directions, false)];
  const services = [{ name: 'service', routes: [{ name: 'route' }], plugins }];
  const vaults = [{ name: 'env', prefix: 'env-cs-aidr', config: { prefix: 'CS_AIDR_' } }];
  return stringify({ _format_version: '3.0', services, consumers, vaults });
}
