import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { aidr, both, GUARD } from '../../../testkit/check-configurations.ts';
import { type CheckOptions, runCheck } from './command.ts';

let folder: string;
const path = (name: string) => join(folder, name);
const write = (name: string, content: string | Uint8Array) => writeFile(path(name), content);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'aidr-check-'));
  const format = { _format_version: '3.0' };
  await write('good.yaml', stringify({ ...format, ...both({}) }));
  await write('risky.yaml', stringify({ ...format, ...both({ ssl_verify: false }) }));
  await write('wrong.yaml', stringify({ ...format, ...both({ timeout: 0 }) }));
  await write('routes.yaml', stringify({ ...format, services: [{ name: 's', routes: [{ name: 'r' }] }] }));
  const plugins = [aidr('request'), aidr('response'), GUARD].map((one) => ({ ...one, service: 's' }));
  await write('plugins.yaml', stringify({ ...format, plugins }));
  await write('kong.conf', 'plugins = bundled\nnginx_http_client_body_buffer_size = 1m\n');
  await write('binary.yaml', new Uint8Array([0xff, 0xfe]));
  await write('huge.yaml', new Uint8Array(67_108_865));
});
afterAll(() => rm(folder, { recursive: true }));

const run = (file: string, options: Partial<CheckOptions> = {}, env = {}, input = '') =>
  runCheck(
    { settings: [], strict: false, form: 'text', files: [file === '-' ? file : path(file)], ...options },
    { env, stdin: Readable.from([Buffer.from(input)]), version: '1.2.3' },
  );

const TABLE = `
route                  provider  request  response  guard   policy
services[s].routes[r]  openai    yes      yes       strict  enforce, phases
`;

describe('a report', () => {
  it('of nothing is what protects which route, and a summary', async () => {
    expect(await run('good.yaml')).toEqual({
      output: TABLE,
      summary: `${path('good.yaml')}: 0 errors, 0 warnings\n`,
      hasErrors: false,
    });
  });

  it('of warnings has no error, unless they are to be errors', async () => {
    const { output, hasErrors } = await run('risky.yaml');
    expect(output.replace(TABLE, '')).toMatch(
      /^(warning {2}\S+:\d+:\d+ services\[s\]\.plugins\[\S+\]: ssl_verify is false: .+ \(.+\) \[insecure-aidr\]\n){2}$/,
    );
    expect(hasErrors).toBe(false);
    const strict = await run('risky.yaml', { strict: true });
    expect(strict).toMatchObject({
      hasErrors: true,
      summary: expect.stringContaining(': 2 errors, 0 warnings'),
    });
    expect(strict.output.replace(TABLE, '')).toMatch(/^(error {2}.+\n){2}$/);
  });

  it('of errors names the file, the line, the column and the entity', async () => {
    const { output, hasErrors } = await run('wrong.yaml');
    expect(output).toContain(
      `error  ${path('wrong.yaml')}:11:11 services[s].plugins[crowdstrike-aidr-request]: timeout: `,
    );
    expect((await readFile(path('wrong.yaml'), 'utf8')).split('\n')[10]?.slice(10)).toBe('timeout: 0');
    expect(hasErrors).toBe(true);
  });

  it('for programs is JSON', async () => {
    const { output } = await run('risky.yaml', { form: 'json' });
    const { findings, coverage } = JSON.parse(output);
    expect(findings[0]).toEqual({
      code: 'insecure-aidr',
      level: 'warning',
      ...{ file: path('risky.yaml'), line: 11, column: 11 },
      path: 'services[s].plugins[crowdstrike-aidr-request]',
      problem: expect.stringContaining('ssl_verify is false'),
      remedy: expect.any(String),
    });
    expect(coverage).toEqual([
      {
        ...{ route: 'services[s].routes[r]', file: path('risky.yaml'), provider: 'openai' },
        ...{ request: 'yes', response: 'yes', guard: 'strict', policy: 'enforce, phases' },
        isProtected: true,
      },
    ]);
  });

  it('of several files is of all of them together', async () => {
    const { output, summary } = await run('-', { files: [path('routes.yaml'), path('plugins.yaml')] });
    expect(output).toBe(TABLE);
    expect(summary).toContain(`routes.yaml ${path('plugins.yaml')}: 0 errors`);
  });

  it('of standard input calls it -', async () => {
    const text = await readFile(path('wrong.yaml'), 'utf8');
    const { output } = await run('-', {}, {}, text);
    expect(output).toContain('error  -:11:11 services[s].plugins[crowdstrike-aidr-request]: timeout: ');
  });

  it("looks at Kong's settings where it is told to: a file, the environment, or one over the other", async () => {
    const environment = { KONG_PLUGINS: 'bundled,crowdstrike-aidr-request,crowdstrike-aidr-response' };
    const findings = async (settings: string[]) => (await run('good.yaml', { settings }, environment)).output;
    expect(await findings([])).toBe(TABLE);
    expect(await findings([path('kong.conf')])).toContain(
      'kong.conf:1:1 plugins: crowdstrike-aidr-request is not enabled',
    );
    expect(await findings(['env'])).toContain(
      'environment:1:1 KONG_NGINX_HTTP_CLIENT_BODY_BUFFER_SIZE: prompts over 8k',
    );
    const merged = await findings([path('kong.conf'), 'env']);
    expect(merged).not.toMatch(/is not enabled|written to disk/);
    expect(merged).toContain('kong.conf:1:1 pluginserver_names: no entry is left');
  });

  it.each([
    ['missing.yaml', 'it cannot be read: ENOENT'],
    ['.', 'it cannot be read: EISDIR'],
    ['binary.yaml', 'it is not UTF-8 text'],
    ['huge.yaml', 'it is larger than 67108864 bytes'],
  ])('of %s is one error', async (file, problem) => {
    const expected = expect.stringMatching(
      `^error {2}${path(file)}:1:1: ${problem} \\(.+\\) \\[unreadable-input\\]\n$`,
    );
    expect(await run(file)).toMatchObject({ output: expected, hasErrors: true });
    expect((await run('good.yaml', { settings: [path(file)] })).output).toEqual(expected);
  });
});
