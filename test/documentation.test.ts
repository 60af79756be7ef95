/** What the documentation says is what the code does. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { delimiter, dirname, resolve } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { guardPlugin } from '../src/config/guard-plugin.ts';
import { loadConfig } from '../src/config/load.ts';
import { configurationReference } from '../src/config/reference.ts';
import { RUN_BY_POSTGRES_TEST, shellBlocks } from './documented-blocks.ts';

const read = (file: string) => readFile(resolve(import.meta.dirname, '..', file), 'utf8');

it("the README's configuration reference is the one that `npm run docs` writes", async () => {
  expect(await read('README.md')).toContain(
    `<!-- configuration:start -->\n${configurationReference()}\n<!-- configuration:end -->`,
  );
});

it('kong.yaml holds the guard as the code knows it, and configurations that load', async () => {
  const { services } = parse(await read('kong.yaml'));
  const [request, response, guard] = services[0].plugins;
  expect(guard).toEqual(guardPlugin(['request', 'response'], false));
  expect(() => loadConfig({ ...request.config, ai_guard_api_key: 'x' }, 'request')).not.toThrow();
  expect(() => loadConfig({ ...response.config, ai_guard_api_key: 'x' }, 'response')).not.toThrow();
});

it('the threat model names tests that exist', async () => {
  const named = (await read('docs/threat-model.md')).matchAll(/`((?:src|dev|test)\/[\w/.-]+\.ts)`/g);
  const files = new Set([...named].map(([, file]) => String(file)));
  expect(files.size).toBeGreaterThan(8);
  for (const file of files) await expect(read(file), file).resolves.toContain('it');
});

/** Why no test runs a block of docs/install.md. */
const NEEDS: Record<string, string> = {
  'needs=deck': 'it needs decK and a Kong with a database',
  'needs=docker': 'it needs a Docker daemon, and stays up',
  'needs=cluster': 'it needs a Kubernetes cluster',
  'needs=konnect': 'it needs a Konnect account',
  'needs=machine': 'it changes the machine',
  'needs=registry': 'it fetches packages',
};

describe('docs/install.md', async () => {
  for (const { line, tag, commands } of await shellBlocks('docs/install.md')) {
    if (tag === RUN_BY_POSTGRES_TEST) continue;
    if (tag === 'test')
      it(`has commands in line ${line} that work`, async () => {
        await promisify(execFile)('sh', ['-eu', '-c', commands], {
          cwd: resolve(import.meta.dirname, '..'),
          env: { ...process.env, PATH: `${dirname(process.execPath)}${delimiter}${process.env.PATH}` },
        });
      });
    else
      it(`has commands in line ${line} that were not run: ${NEEDS[tag] ?? tag}`, (test) => {
        expect(Object.keys(NEEDS), `the tag of the block in line ${line}`).toContain(tag);
        test.skip(NEEDS[tag]);
      });
  }

  it('names files that exist', async () => {
    const named = (await read('docs/install.md')).matchAll(/\b(?:deploy|test)\/[\w/.-]+\.\w+/g);
    const files = new Set([...named].map(([file]) => file));
    expect(files.size).toBeGreaterThan(5);
    for (const file of files) await expect(read(file), file).resolves.not.toBe('');
  });
});
