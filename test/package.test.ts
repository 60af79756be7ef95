/** The package as npm would publish it: what is in it, what is not, and that it works without anything else. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join, posix, relative, resolve } from 'node:path';
import { promisify } from 'node:util';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import packageJson from '../package.json' with { type: 'json' };
import { shellBlocks } from './documented-blocks.ts';

const run = promisify(execFile);
const root = resolve(import.meta.dirname, '..');

/** What git does not keep, and no clone has. */
const NOT_CLONED = ['node_modules', '.git', 'dist'];
/** What a working copy can hold and nobody may ever get. */
const SECRETS = [
  'deploy/compose/database-password.txt',
  '.env',
  'deploy/.env',
  'dist/server/unfinished.cjs.1',
];

let folder: string;
/** A clone in another place, in which everything is built anew. */
let copy: string;
let tarball: string;
/** Paths in the package. */
let packed: string[];
const unpacked = (path: string) => join(folder, 'package', path);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'aidr-package-'));
  copy = join(folder, 'copy');
  for (const name of await readdir(root)) {
    if (!NOT_CLONED.includes(name)) await cp(join(root, name), join(copy, name), { recursive: true });
  }
  for (const secret of SECRETS) {
    await mkdir(dirname(join(copy, secret)), { recursive: true });
    await writeFile(join(copy, secret), 'secret');
  }
  await symlink(join(root, 'node_modules'), join(copy, 'node_modules'));
  // Started in a folder that is neither of both, at another hour.
  await run(process.execPath, [join(copy, 'build.ts')], {
    cwd: tmpdir(),
    env: { ...process.env, TZ: 'Asia/Tokyo' },
  });
  ({ file: tarball, paths: packed } = await pack(copy, folder));
  await run('tar', ['-xzf', tarball, '-C', folder]);
});
afterAll(() => rm(folder, { recursive: true }));

async function pack(from: string, to: string): Promise<{ file: string; paths: string[] }> {
  const options = ['pack', '--json', '--offline', '--ignore-scripts', '--pack-destination', to];
  const { stdout } = await run('npm', options, { cwd: from });
  const [{ filename, files }] = JSON.parse(stdout);
  return { file: join(to, filename), paths: files.map((file: { path: string }) => file.path) };
}

const digestOf = async (file: string) =>
  createHash('sha256')
    .update(await readFile(file))
    .digest('hex');

describe('a build in another place', () => {
  it('makes the same bytes', async () => {
    const built = packed.filter((path) => path.startsWith('dist/'));
    expect(built).toHaveLength(7);
    for (const path of built)
      expect(await digestOf(join(copy, path)), path).toBe(await digestOf(join(root, path)));
  });

  it('leaves no word of the place', async () => {
    for (const path of packed.filter((each) => each.startsWith('dist/'))) {
      const text = await readFile(join(copy, path), 'utf8');
      for (const place of [folder, root, 'file:///']) expect(text.includes(place), path).toBe(false);
    }
  });

  it('makes the same package', async () => {
    const again = await mkdtemp(join(folder, 'again-'));
    const { file } = await pack(root, again);
    expect(await digestOf(file)).toBe(await digestOf(tarball));
  });
});

/** Tags of commands for which docs/install.md sends the reader to a clone of the repository. */
const IN_A_CLONE = ['needs=registry', 'needs=itself', 'needs=clone'];

/** Files of the repository in a block of shell, by their paths from its top folder or from the one that it goes to. */
async function filesNamedIn(text: string): Promise<string[]> {
  const [, folder = '.'] = /^cd (\S+)$/m.exec(text) ?? [];
  const words = text.split(/[\s"'=:,;()]+/).filter((word) => /^(\.\.\/)*[\w-][\w./-]*\w$/.test(word));
  const paths = words.flatMap((word) => [posix.normalize(word), posix.join(folder, word)]);
  const dockerfile = /docker (compose )?build/.test(text) ? ['Dockerfile'] : [];
  return [...new Set([...paths, ...dockerfile])].filter(
    (path) => !path.startsWith('..') && path.includes('.') && existsSync(join(root, path)),
  );
}

describe('the package', () => {
  it('holds what is to be run, what is to be deployed and what is to be read, and nothing else', () => {
    const kinds = {
      run: /^(package\.json|dist\/(cli|server|plugins\/[\w-]+)\/[\w-]+\.cjs)$/,
      verify: /^(LICENSE|dist\/(THIRD-PARTY-NOTICES\.txt|sbom\.cdx\.json))$/,
      deploy: /^(kong\.yaml|Dockerfile|deploy\/[\w./-]+\.(yaml|sh|service|json))$/,
      read: /^(LICENSE|[A-Z]+\.md|docs\/[\w/-]+\.md|docs\/pictures\/[\w-]+\.(?:png|svg))$/,
    };
    for (const [kind, pattern] of Object.entries(kinds))
      expect(packed.filter((path) => pattern.test(path)).length, kind).toBeGreaterThan(2);
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

  it('has every file that a command in its pages uses, but for commands that say they need a clone', async () => {
    const isPacked = (path: string) => packed.some((file) => file === path || file.startsWith(`${path}/`));
    let used = 0;
    for (const page of packed.filter((path) => path.endsWith('.md'))) {
      for (const { line, tag, text } of await shellBlocks(page)) {
        if (IN_A_CLONE.includes(tag)) continue;
        expect(text, `${page}:${line}`).not.toMatch(/\bnpm (ci|run|test)\b/);
        const files = await filesNamedIn(text);
        used += files.length;
        expect(
          files.filter((file) => !isPacked(file)),
          `${page}:${line}`,
        ).toEqual([]);
      }
    }
    expect(used).toBeGreaterThan(20);
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

  it('has a section of its version in the changelog', async () => {
    expect(await readFile(unpacked('CHANGELOG.md'), 'utf8')).toContain(`\n## [${packageJson.version}]`);
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

  it('works when npx gets it alone, in an empty folder', async () => {
    const empty = await mkdtemp(join(folder, 'empty-'));
    const commands = 'aidr-kong --version && aidr-pluginserver --dump crowdstrike-aidr-request';
    const { stdout } = await run('npx', ['--offline', '--yes', '--package', tarball, '-c', commands], {
      cwd: empty,
      env: { ...process.env, npm_config_cache: join(empty, 'cache') },
    });
    const [version, description = ''] = stdout.split('\n');
    expect(version).toBe(packageJson.version);
    expect(JSON.parse(description)).toMatchObject([{ Name: 'crowdstrike-aidr-request' }]);
    expect(await readdir(empty)).toEqual(['cache']);
  });
});
