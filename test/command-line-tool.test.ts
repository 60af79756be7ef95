/** `aidr-kong` as operators run it: the bundled file, as a process. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import packageJson from '../package.json' with { type: 'json' };
import { BATCH_HOOK_PLUGIN } from '../src/kong/batch-hook-plugin.ts';
import { guardPlugin } from '../src/kong/guard-plugin.ts';
import { imageEnvironment } from './dockerfile.ts';
import { codeBlocks } from './documented-blocks.ts';

const root = resolve(import.meta.dirname, '..');
const tool = join(root, packageJson.bin['aidr-kong']);

function run(args: string[], env = {}): Promise<{ code: unknown; stdout: string; stderr: string }> {
  return new Promise((done) => {
    execFile(process.execPath, [tool, ...args], { cwd: root, env }, (error, stdout, stderr) =>
      done({ code: error ? error.code : 0, stdout, stderr }),
    );
  });
}

/** Kong's settings as the manual has them: the plugin server that Kong starts, and verified providers. */
async function documentedConf(): Promise<string> {
  const texts = async (page: string) => (await codeBlocks(page, 'ini')).map(({ text }) => text);
  const started = (await texts('docs/install.md')).filter((text) => text.includes('_start_cmd'));
  expect(started).toHaveLength(1);
  return [...started, ...(await texts('docs/operations.md')), 'nginx_http_client_body_buffer_size = 1m'].join(
    '\n',
  );
}

describe('aidr-kong', () => {
  it("checks the repository's own kong.yaml clean, but for what Kong does not do by itself", async () => {
    const nobody =
      /^(warning|error) {2}kong\.yaml:12:5 services\[openai-service\]: Kong verifies no certificate by itself.*\n\nroute .*\n.* strict .*\n$/;
    const tolerant = { code: 0, stderr: 'kong.yaml: 0 errors, 1 warning\n' };
    expect(await run(['check', 'kong.yaml'])).toEqual({ ...tolerant, stdout: expect.stringMatching(nobody) });
    const strict = { code: 1, stderr: 'kong.yaml: 1 error, 0 warnings\n' };
    expect(await run(['check', 'kong.yaml', '--strict'])).toEqual({
      ...strict,
      stdout: expect.stringMatching(nobody),
    });
  });

  it('checks it clean, with every warning an error, where Kong is told to', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'aidr-cli-'));
    try {
      const conf = join(folder, 'kong.conf');
      await writeFile(conf, await documentedConf());
      const { code, stdout } = await run(['check', 'kong.yaml', '--kong-conf', conf, '--strict']);
      expect({ code, stdout }).toEqual({
        code: 0,
        stdout: expect.stringMatching(/^\nroute .*\n.* strict .*\n$/),
      });
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('gives code scanners SARIF, and writes a page for people', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'aidr-cli-'));
    try {
      const page = join(folder, 'report.html');
      const { code, stdout } = await run(['check', 'kong.yaml', '--sarif', '--html', page]);
      expect(code).toBe(0);
      expect(JSON.parse(stdout)).toMatchObject({
        version: '2.1.0',
        runs: [{ tool: { driver: { version: packageJson.version } }, results: [{ level: 'warning' }] }],
      });
      expect(await readFile(page, 'utf8')).toContain(
        '<td>services[openai-service].routes[openai-route]</td>',
      );
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it("checks the image's own settings", async () => {
    const { stdout } = await run(['check', 'kong.yaml', '--kong-conf', 'env'], await imageEnvironment());
    expect(stdout).not.toMatch(/plugin-?server|is not enabled/);
  });

  it('ends with 1 for a configuration that would be refused, and shows no key', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'aidr-cli-'));
    try {
      const config = {
        ai_guard_api_key: 'pts_secret',
        upstream_llm: { provider: 'openai', api_uri: '/v1/nope' },
      };
      const plugins = [{ name: 'crowdstrike-aidr-request', config }];
      await writeFile(join(folder, 'kong.yaml'), stringify({ _format_version: '3.0', plugins }));
      const { code, stdout, stderr } = await run(['check', join(folder, 'kong.yaml')]);
      expect(code).toBe(1);
      expect(stdout).toContain("upstream_llm.api_uri: for provider 'openai' the allowed api_uris are");
      expect(stdout).toContain('there is no guard');
      expect(stdout + stderr).not.toContain('pts_secret');
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('prints the guard, the batch hook and the schemas', async () => {
    const { stdout } = await run(['guard', '--lenient']);
    expect(parse(stdout)).toEqual([guardPlugin(['request', 'response'], true)]);
    expect(parse((await run(['batch-hook'])).stdout)).toEqual([BATCH_HOOK_PLUGIN]);
    expect((await run(['schema', '--lua', 'crowdstrike-aidr-request'])).stdout).toMatch(
      /^return \{\n {2}name = /,
    );
    const json = await run(['schema', '--json', 'crowdstrike-aidr-response']);
    expect(JSON.parse(json.stdout)).toMatchObject({ name: 'crowdstrike-aidr-response' });
  });

  it.each([
    [['--version'], 0, `${packageJson.version}\n`, ''],
    [['--help'], 0, 'aidr-kong check', ''],
    [[], 2, '', 'aidr-kong: give a command'],
    [['check', '--nope', 'kong.yaml'], 2, '', "Unknown option '--nope'"],
    [['check', 'missing.yaml'], 1, 'missing.yaml:1:1: it cannot be read: ENOENT', '1 error'],
  ])('%j ends with %i', async (args, code, stdout, stderr) => {
    const result = await run(args);
    expect(result.code).toBe(code);
    expect(result.stdout).toContain(stdout);
    expect(result.stderr).toContain(stderr);
    if (code === 2)
      expect(result).toMatchObject({ stdout: '', stderr: expect.stringContaining('aidr-kong schema') });
  });
});
