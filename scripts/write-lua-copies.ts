/** `npm run docs`: writes every copy of the Lua in src/kong/lua. */
import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type Copy, configurationCopies, luaModule } from './lua-copies.ts';

const write = ({ file, text }: Copy) => writeFile(resolve(import.meta.dirname, '..', file), text);

await write(await luaModule());
// Imported when it is up to date.
const { guardPlugin } = await import('../src/kong/guard-plugin.ts');
const { BATCH_HOOK_PLUGIN } = await import('../src/kong/batch-hook-plugin.ts');
const { INTERNAL_ROUTE_PLUGIN } = await import('../src/kong/internal-route-plugin.ts');
const guard = guardPlugin(['request', 'response'], false);
const copies = await configurationCopies([guard, BATCH_HOOK_PLUGIN, INTERNAL_ROUTE_PLUGIN]);
for (const copy of copies) await write(copy);
