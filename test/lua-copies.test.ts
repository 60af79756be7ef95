/** Operators run copies of the Lua in src/kong/lua, and every copy is what stands there. */
import { readdir, readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { expect, it } from 'vitest';
import { configurationCopies, luaModule } from '../scripts/lua-copies.ts';
import { BATCH_HOOK, BATCH_HOOK_PLUGIN } from '../src/kong/batch-hook-plugin.ts';
import { guardPlugin, MARKERS, REFUSAL } from '../src/kong/guard-plugin.ts';
import { INTERNAL_ROUTE_PLUGIN } from '../src/kong/internal-route-plugin.ts';

const root = resolve(import.meta.dirname, '..');
const read = (file: string) => readFile(resolve(root, file), 'utf8');

it('the module that the command line tool prints from has the Lua files as they are', async () => {
  const { file, text } = await luaModule();
  expect(await read(file)).toBe(text);
});

it('every configuration has the Lua files as they are', async () => {
  const guard = guardPlugin(['request', 'response'], false);
  const copies = await configurationCopies([guard, BATCH_HOOK_PLUGIN, INTERNAL_ROUTE_PLUGIN]);
  expect(copies.map(({ file }) => file)).toHaveLength(7);
  for (const { file, text } of copies) expect(await read(file), file).toBe(text);
});

it('a configuration without a place for a function is an error, and no silent gap', async () => {
  const guard = guardPlugin(['request', 'response'], false);
  const config = { ...guard.config, header_filter: ['one', 'two'] };
  await expect(configurationCopies([{ ...guard, config }])).rejects.toThrow(
    'post-function has no header_filter',
  );
});

it('the Lua leaves and looks for the passed-markers that the plugins know, and no others', async () => {
  const known: string[] = [...Object.values(MARKERS), REFUSAL, BATCH_HOOK.key, 'crowdstrike_aidr'];
  const files = (await readdir(resolve(root, 'src/kong/lua'))).filter((name) => name.endsWith('.lua'));
  const texts = await Promise.all(files.map((name) => read(`src/kong/lua/${name}`)));
  const named = texts.flatMap((lua) => lua.match(/\bcrowdstrike_aidr\w*/g) ?? []);
  expect(new Set(named).size).toBeGreaterThan(4);
  expect(named.filter((marker) => !known.includes(marker))).toEqual([]);
});
