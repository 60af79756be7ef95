/** What the documentation says is what the code does. */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { guardPlugin } from '../src/config/guard-plugin.ts';
import { loadConfig } from '../src/config/load.ts';
import { configurationReference } from '../src/config/reference.ts';

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
