import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { both } from '../../../testkit/check-configurations.ts';
import { runCheck } from './command.ts';

let folder: string;
const path = (name: string) => join(folder, name);
const write = (name: string, content: string | Uint8Array) => writeFile(path(name), content);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'aidr-check-'));
  const format = { _format_version: '3.0' };
  await write('good.yaml', stringify({ ...format, ...both({}) }));
  await write('risky.yaml', stringify({ ...format, ...both({ ssl_verify: false }) }));
  await write('wrong.yaml', stringify({ ...format, ...both({ timeout: 0 }) }));
  await write('kong.conf', 'plugins = bundled\nnginx_http_client_body_buffer_size = 1m\n');
  await write('binary.yaml', new Uint8Array([0xff, 0xfe]));
  await write('huge.yaml', new Uint8Array(67_108_865));
});
afterAll(() => rm(folder, { recursive: true }));

const run = (
  file: string,
  options: { settings?: string[]; strict?: boolean; json?: boolean } = {},
  env = {},
) => runCheck({ settings: [], strict: false, json: false, ...options, file: path(file) }, env);

describe('a report', () => {
  it('of nothing is empty, with a summary', async () => {
    expect(await run('good.yaml')).toEqual({
      findings: '',
      summary: `${path('good.yaml')}: 0 errors, 0 warnings\n`,
      hasErrors: false,
    });
  });

  it('of warnings has no error, unless they are to be errors', async () => {
    const { findings, hasErrors } = await run('risky.yaml');
    expect(findings).toMatch(
      /^(warning {2}\S+ services\[s\]\.plugins\[\S+\]: ssl_verify is false: .+ \(.+\)\n){2}$/,
    );
    expect(hasErrors).toBe(false);
    const strict = await run('risky.yaml', { strict: true });
    expect(strict).toMatchObject({
      hasErrors: true,
      summary: expect.stringContaining(': 2 errors, 0 warnings'),
    });
    expect(strict.findings).toMatch(/^(error {2}.+\n){2}$/);
  });

  it('of errors names the file and the entity', async () => {
    const { findings, hasErrors } = await run('wrong.yaml');
    expect(findings).toContain(
      `error  ${path('wrong.yaml')} services[s].plugins[crowdstrike-aidr-request]: timeout: `,
    );
    expect(hasErrors).toBe(true);
  });

  it('for machines is JSON', async () => {
    const { findings } = await run('risky.yaml', { json: true });
    expect(JSON.parse(findings).findings[0]).toEqual({
      level: 'warning',
      check: 'plugin-settings',
      place: `${path('risky.yaml')} services[s].plugins[crowdstrike-aidr-request]`,
      problem: expect.stringContaining('ssl_verify is false'),
      remedy: expect.any(String),
    });
  });

  it("looks at Kong's settings where it is told to: a file, the environment, or one over the other", async () => {
    const environment = { KONG_PLUGINS: 'bundled,crowdstrike-aidr-request,crowdstrike-aidr-response' };
    const findings = async (settings: string[]) =>
      (await run('good.yaml', { settings }, environment)).findings;
    expect(await findings([])).toBe('');
    expect(await findings([path('kong.conf')])).toContain(
      'kong.conf plugins: crowdstrike-aidr-request is not enabled',
    );
    expect(await findings(['env'])).toContain(
      'environment KONG_NGINX_HTTP_CLIENT_BODY_BUFFER_SIZE: prompts over 8k',
    );
    const merged = await findings([path('kong.conf'), 'env']);
    expect(merged).not.toMatch(/is not enabled|written to disk/);
    expect(merged).toContain('kong.conf pluginserver_names: no entry is left');
  });

  it.each([
    ['missing.yaml', 'it cannot be read: ENOENT'],
    ['.', 'it cannot be read: EISDIR'],
    ['binary.yaml', 'it is not UTF-8 text'],
    ['huge.yaml', 'it is larger than 67108864 bytes'],
  ])('of %s is one error', async (file, problem) => {
    expect(await run(file)).toMatchObject({
      findings: `error  ${path(file)}: ${problem}\n`,
      hasErrors: true,
    });
    const { findings } = await run('good.yaml', { settings: [path(file)] });
    expect(findings).toBe(`error  ${path(file)}: ${problem}\n`);
  });
});
