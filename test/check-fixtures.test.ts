/**
 * Configurations with one fault each, and configurations without any. A fault is marked where it has to be found, by a
 * comment `# fault` with the codes of the findings; a kong.conf of the same name goes with a configuration.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { CODES } from '../src/cli/check/codes.ts';
import { sentence } from '../src/cli/check/finding.ts';
import { type Checked, check } from '../src/cli/check/index.ts';
import { sarifReport } from '../src/cli/check/report/sarif.ts';
import { readEnvironment, readKongConf, settingsOf } from '../src/cli/check/settings.ts';
import { BATCH_HOOK_PLUGIN } from '../src/kong/batch-hook-plugin.ts';
import { guardPlugin } from '../src/kong/guard-plugin.ts';
import { INTERNAL_ROUTE_PLUGIN } from '../src/kong/internal-route-plugin.ts';
import { aidr, OLDER_HEADER_FILTER } from '../testkit/check-configurations.ts';
import { optionalPackage } from './optional-package.ts';

const root = resolve(import.meta.dirname, '..');
const folder = join(root, 'test/fixtures/check');
const read = (file: string) => readFileSync(file, 'utf8');

const { config: guard } = guardPlugin(['request', 'response'], false);
const [access = ''] = guard.access;

/** What a fixture may name: each is JSON in one line, so that no line moves. */
const WORDS: Record<string, unknown> = {
  REQUEST: aidr('request'),
  RESPONSE: aidr('response'),
  RELAYED_REQUEST: aidr('request', { placement: 'relay' }),
  RELAYED_RESPONSE: aidr('response', { placement: 'relay' }),
  GUARD: { name: 'post-function', config: guard },
  GUARD_DISABLED: { name: 'post-function', config: guard, enabled: false },
  REQUEST_GUARD: guardPlugin(['request'], false),
  LENIENT_GUARD: guardPlugin(['request', 'response'], true),
  OLD_GUARD: { name: 'post-function', config: { access: [access], header_filter: [OLDER_HEADER_FILTER] } },
  CHANGED_GUARD: {
    name: 'post-function',
    config: { ...guard, access: [access.replace('if shared', 'if kong.client.get_consumer() or shared')] },
  },
  GUARD_CONFIG: guard,
  ACCESS: access,
  HEADER_FILTER: guard.header_filter?.[0],
  BODY_FILTER: guard.body_filter?.[0],
  LOG: guard.log[0],
  BATCH_HOOK: BATCH_HOOK_PLUGIN,
  INTERNAL_ROUTE: INTERNAL_ROUTE_PLUGIN,
  INTERNAL_ROUTE_CHECK: INTERNAL_ROUTE_PLUGIN.config.access[0],
  INTERNAL_ROUTE_PROOF: INTERNAL_ROUTE_PLUGIN.config.header_filter[0],
};

function filledIn(text: string): string {
  return text.replace(/\$([A-Z_]+)/g, (_, word: string) => JSON.stringify(WORDS[word]));
}

const CHECKED = new Map<string, Checked>();

function checkFixture(file: string): Checked {
  const known = CHECKED.get(file) ?? checkFile(file);
  CHECKED.set(file, known);
  return known;
}

function checkFile(file: string): Checked {
  const conf = file.replace(/\.yaml$/, '.conf');
  const settings = readdirSync(join(folder, 'faults')).includes(basename(conf))
    ? settingsOf([readKongConf(read(conf), basename(conf))])
    : undefined;
  return check([{ file: basename(file), text: filledIn(read(file)) }], settings);
}

/** `<code> <file>:<line>` of each mark. */
function marksIn(file: string, text: string): string[] {
  return text.split('\n').flatMap((line, index) => {
    const [, codes = ''] = /# fault ([\w -]+)$/.exec(line) ?? [];
    return codes.split(' ').flatMap((code) => (code ? `${code} ${basename(file)}:${index + 1}` : []));
  });
}

const faults = readdirSync(join(folder, 'faults')).filter((name) => name.endsWith('.yaml'));
const correct = readdirSync(join(folder, 'correct'));

describe('a configuration with one fault', () => {
  it('is among more than forty', () => {
    expect(faults.length).toBeGreaterThan(40);
  });

  it.each(faults)('%s: it is found, in its line, with a cure', (name) => {
    const file = join(folder, 'faults', name);
    const text = read(file);
    const conf = file.replace(/\.yaml$/, '.conf');
    const marks = [
      ...marksIn(file, text),
      ...(readdirSync(join(folder, 'faults')).includes(basename(conf)) ? marksIn(conf, read(conf)) : []),
    ];
    const found = checkFixture(file).findings.filter(({ level }) => level !== 'info');
    const places = found.map(({ code, place }) => `${code} ${place.file}:${place.position.line}`);
    expect(places.sort(), found.map(sentence).join('\n')).toEqual(marks.sort());
    expect(marks.length).toBeGreaterThan(0);
    for (const { remedy, code } of found) {
      expect(remedy).not.toBe('');
      expect(Object.keys(CODES)).toContain(code);
    }
  });
});

describe('an error, and no warning, is', () => {
  it.each([
    ['a route that Kong may prefer to an internal one', 'outranked'],
    ['an internal route that is not there', 'missing'],
  ])('%s', (_what, name) => {
    const { findings } = checkFixture(join(folder, `faults/internal-route-${name}.yaml`));
    const levels = findings.filter(({ code }) => code === 'internal-route').map(({ level }) => level);
    expect(levels).toEqual(['error']);
  });
});

describe('every fault as SARIF', () => {
  const jestSarif = optionalPackage('@microsoft/jest-sarif');
  it('is valid against the schema of the standard', (test) => {
    if (!jestSarif) return test.skip('@microsoft/jest-sarif, which has the schema, is not installed');
    const published = JSON.parse(read(join(jestSarif, 'lib/schemas/sarif-2.1.0-rtm.5.json')));
    // It is of a draft that Ajv no longer knows by name, and has nothing in it that later ones read otherwise.
    const { $schema: _, id: __, ...schema } = published;
    const formats = {
      'date-time': true as const,
      uri: (text: string) => URL.canParse(text),
      'uri-reference': (text: string) => URL.canParse(text, 'file:///'),
    };
    const validate = new Ajv({ strict: false, unicodeRegExp: false, formats }).compile(schema);
    const findings = faults.flatMap((name) => checkFixture(join(folder, 'faults', name)).findings);
    const log = JSON.parse(sarifReport(findings, '1.2.3'));
    expect(validate(log), JSON.stringify(validate.errors)).toBe(true);
    const [run] = log.runs;
    const changed = (changes: object) => ({
      ...log,
      runs: [{ ...run, results: [{ ...run.results[0], ...changes }] }],
    });
    expect(validate(changed({}))).toBe(true);
    expect(validate(changed({ level: 'info' }))).toBe(false);
    expect(validate(changed({ message: {} }))).toBe(false);
    expect(validate(changed({ file: 'kong.yaml' }))).toBe(false);
  });
});

describe('a configuration without fault', () => {
  it('is among twenty or more', () => {
    expect(correct.length).toBeGreaterThanOrEqual(20);
  });

  it.each(correct)('%s: nothing is found', (name) => {
    const file = join(folder, 'correct', name);
    const { findings, coverage } = checkFixture(file);
    expect(findings.filter(({ level }) => level !== 'info').map(sentence)).toEqual([]);
    expect(coverage.some(({ isProtected }) => isProtected)).toBe(true);
  });
});

describe('what this project ships', () => {
  const inKubernetes = (route: string) => ['plugins', route].map((name) => `deploy/kubernetes/${name}.yaml`);
  // Kong verifies no certificate by itself.
  const settings = settingsOf([readEnvironment({ KONG_NGINX_PROXY_PROXY_SSL_VERIFY: 'on' })]);
  const aboutSettings = ['plugin-not-enabled', 'plugin-servers', 'body-buffer'];

  it.each([
    [['kong.yaml']],
    [['deploy/deck/kong.yaml']],
    [['deploy/internal-route/kong.yaml']],
    [['deploy/ai-gateway/kong.yaml']],
    [['deploy/ai-gateway/kong-with-prompt-guard.yaml']],
    [inKubernetes('ingress')],
    [[...inKubernetes('httproute'), 'deploy/kubernetes/ingress.yaml']],
  ])('%j: nothing is found', (files) => {
    const inputs = files.map((file) => ({ file, text: read(join(root, file)) }));
    const { findings, coverage } = check(inputs, settings);
    const found = findings.filter(({ code, level }) => level !== 'info' && !aboutSettings.includes(code));
    expect(found.map(sentence)).toEqual([]);
    expect(coverage.length).toBeGreaterThan(0);
    for (const row of coverage) {
      const guard = row.policy === 'internal' ? '-' : 'strict';
      expect(row).toMatchObject({ isProtected: true, guard });
    }
  });
});

it('the table of coverage takes no plugin for protection where Kong runs none', () => {
  const name = 'route-passes-tls.yaml';
  const { coverage } = checkFixture(join(folder, 'faults', name));
  expect(coverage.map(({ place, ...row }) => [place.path, row.request, row.guard, row.isProtected])).toEqual([
    ['services[chat].routes[chat]', 'yes', 'strict', true],
    ['services[chat].routes[tunnel]', 'unprotected', '-', false],
  ]);
});

describe('several files', () => {
  const text = (name: string) => filledIn(read(join(folder, 'correct', name)));

  it('of different workspaces or control planes are checked apart', () => {
    const global = '_format_version: "3.0"\nplugins: [$GUARD]\n';
    const service = text('plain.yaml').replace(/ +- \{"name":"post-function".*\n/, '');
    const codes = (first: string, second: string) =>
      check([
        { file: 'global.yaml', text: first + filledIn(global) },
        { file: 'service.yaml', text: second + service },
      ])
        .findings.filter(({ level }) => level !== 'info')
        .map(({ code }) => code);
    expect(codes('', '')).toEqual([]);
    expect(codes('_workspace: a\n', '_workspace: a\n')).toEqual([]);
    expect(codes('_workspace: a\n', '_workspace: b\n')).toContain('guard-missing');
    const plane = (name: string) => `_konnect: { control_plane_name: ${name} }\n`;
    expect(codes(plane('a'), plane('b'))).toContain('guard-missing');
  });

  it('that are dumps of the Admin API know each other', () => {
    const dumps = {
      services: [
        { id: 's', name: 'chat', host: 'api.openai.com', connect_timeout: 60_000, tls_verify: true },
      ],
      routes: [{ id: 'r', paths: ['/'], strip_path: true, preserve_host: false, service: { id: 's' } }],
      plugins: [aidr('request'), aidr('response'), WORDS.GUARD].map((plugin) => ({
        ...(plugin as object),
        service: { id: 's' },
        route: null,
      })),
    };
    const { findings, coverage } = check(
      Object.entries(dumps).map(([name, data]) => ({
        file: `${name}.json`,
        text: JSON.stringify({ data, next: null }),
      })),
    );
    expect(findings.map(sentence)).toEqual([]);
    expect(coverage).toMatchObject([{ request: 'yes', response: 'yes', guard: 'strict' }]);
  });
});
