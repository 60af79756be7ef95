/** The package as npm would publish it: what is in it, what is not, and that it works without anything else. */
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join, posix, relative, resolve } from 'node:path';
import { promisify } from 'node:util';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import packageJson from '../package.json' with { type: 'json' };

const run = promisify(execFile);
const root = resolve(import.meta.dirname, '..');

/** What git does not keep, and no clone has. */
const NOT_CLONED = ['node_modules', '.git'];
/** What a working copy can hold and nobody may ever get. */
const SECRETS = [
  'deploy/compose/database-password.txt',
  '.env',
  'deploy/.env',
  'dist/server/unfinished.cjs.1',
];

let folder: string;
let tarball: string;
/** Paths in the package. */
let packed: string[];
const unpacked = (path: string) => join(folder, 'package', path);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'aidr-package-'));
  const copy = join(folder, 'copy');
  for (const name of await readdir(root)) {
    if (!NOT_CLONED.includes(name)) await cp(join(root, name), join(copy, name), { recursive: true });
  }
  for (const secret of SECRETS) {
    await mkdir(dirname(join(copy, secret)), { recursive: true });
    await writeFile(join(copy, secret), 'secret');
  }
  const options = ['pack', '--json', '--offline', '--ignore-scripts', '--pack-destination', folder];
  const { stdout } = await run('npm', options, { cwd: copy });
  const [{ filename, files }] = JSON.parse(stdout);
  tarball = join(folder, filename);
  packed = files.map((file: { path: string }) => file.path);
  await run('tar', ['-xzf', tarball, '-C', folder]);
});
afterAll(() => rm(folder, { recursive: true }));

describe('the package', () => {
  it('holds what is to be run, what is to be deployed and what is to be read, and nothing else', () => {
    const kinds = {
      run: /^(package\.json|dist\/(cli|server|plugins\/[\w-]+)\/[\w-]+\.cjs)$/,
      deploy: /^(kong\.yaml|deploy\/[\w./-]+\.(yaml|sh|service|json))$/,
      read: /^(LICENSE|[A-Z]+\.md|docs\/[\w/-]+\.md)$/,
    };
    for (const [kind, pattern] of Object.entries(kinds))
      expect(packed.filter((path) => pattern.test(path)).length, kind).toBeGreaterThan(3);
    const rules = Object.values(kinds);
    expect(packed.filter((path) => !rules.some((pattern) => pattern.test(path)))).toEqual([]);
  });

  it('holds every file in deploy and docs but what a working copy adds', async () => {
    for (const part of ['deploy', 'docs']) {
      const entries = await readdir(join(folder, 'copy', part), { recursive: true, withFileTypes: true });
      const files = entries
        .filter((entry) => entry.isFile())
        .map(({ parentPath, name }) => join(parentPath, name));
      const paths = files.map((file) => relative(join(folder, 'copy'), file));
      expect(packed.filter((path) => path.startsWith(`${part}/`)).sort()).toEqual(
        paths.filter((path) => !SECRETS.includes(path)).sort(),
      );
    }
    for (const secret of SECRETS) expect(packed).not.toContain(secret);
  });

  it('has no link in its pages that leads out of it', async () => {
    for (const page of packed.filter((path) => path.endsWith('.md'))) {
      const links = (await readFile(unpacked(page), 'utf8')).matchAll(/\]\((?!https?:|#)([^)#\s]+)[^)]*\)/g);
      for (const [, link = ''] of links) {
        const target = posix.join(posix.dirname(page), link);
        const isThere = packed.some((path) => path === target || path.startsWith(`${target}/`));
        expect(isThere, `${page} links to ${link}`).toBe(true);
      }
    }
  });

  it('installs nothing else: everything that runs is bundled', () => {
    expect(packageJson).not.toHaveProperty('dependencies');
  });

  it.each(['aidr-kong', 'aidr-pluginserver'] as const)('%s says which Node it needs', async (command) => {
    const preload = join(folder, 'older-node.cjs');
    await writeFile(
      preload,
      "Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '22.9.0' } });",
    );
    const running = run(process.execPath, ['--require', preload, unpacked(packageJson.bin[command])]);
    await expect(running).rejects.toMatchObject({
      code: 1,
      stderr: `${command}: needs Node 24 or newer, found 22.9.0\n`,
    });
  });

  it('is what publint would have it be', async () => {
    const bytes = new Uint8Array(await readFile(tarball));
    const { messages } = await publint({ pack: { tarball: bytes.buffer }, strict: true });
    expect(messages.map((message) => formatMessage(message, packageJson))).toEqual([]);
  });

  it.each([
    ['aidr-kong', ['--version'], `${packageJson.version}\n`],
    ['aidr-kong', ['check', 'kong.yaml'], 'Kong verifies no certificate by itself'],
    ['aidr-kong', ['guard'], 'post-function'],
    ['aidr-pluginserver', ['--help'], 'aidr-pluginserver --socket'],
    ['aidr-pluginserver', ['--dump', 'crowdstrike-aidr-response'], '"Name":"crowdstrike-aidr-response"'],
  ] as const)('runs %s %j by itself, without a module beside it', async (command, args, output) => {
    const { stdout } = await run(unpacked(packageJson.bin[command]), args, {
      cwd: unpacked('.'),
      env: { PATH: `${dirname(process.execPath)}${delimiter}${process.env.PATH}` },
    });
    expect(stdout).toContain(output);
  });
});
