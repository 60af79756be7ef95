import { describe, expect, it } from 'vitest';
import { checkPluginSchema } from '../../testkit/kong-emulator/config/metaschema.ts';
import { PLUGIN_NAMES } from './plugin-name.ts';
import { luaSchema, pluginSchema } from './plugin-schema.ts';

/** Reads a Lua table constructor: what a `schema.lua` without functions is made of. */
function readLua(source: string): unknown {
  const tokens = source.match(/"(?:[^"\\]|\\.)*"|[{}=,]|[^\s{}=,"]+/g) ?? [];
  const next = () => tokens.shift() ?? '';
  const take = (token: string) => {
    if (next() !== token) throw new Error(`expected ${token}`);
  };
  const value = (): unknown => {
    const token = next();
    if (token === '{') return table();
    if (token.startsWith('"')) return token.slice(1, -1).replace(/\\(["\\])/g, '$1');
    if (token === 'true' || token === 'false') return token === 'true';
    if (/^-?\d+$/.test(token)) return Number(token);
    throw new Error(`no Lua literal: ${token}`);
  };
  const table = (): unknown => {
    const list: unknown[] = [];
    const map: Record<string, unknown> = {};
    while (tokens[0] !== '}') {
      if (tokens[1] === '=') {
        const key = next();
        if (!/^[a-z_]\w*$/.test(key)) throw new Error(`no Lua name: ${key}`);
        take('=');
        map[key] = value();
      } else list.push(value());
      if (tokens[0] !== '}') take(',');
    }
    take('}');
    if (list.length > 0 && Object.keys(map).length > 0) throw new Error('a table that is list and map');
    return list.length > 0 ? list : map;
  };
  take('return');
  const read = value();
  if (tokens.length > 0) throw new Error(`something follows: ${tokens[0]}`);
  return read;
}

describe.each(Object.values(PLUGIN_NAMES))('the schema of %s', (name) => {
  it('says the same in Lua and in JSON', () => {
    expect(readLua(luaSchema(name))).toEqual(JSON.parse(JSON.stringify(pluginSchema(name))));
  });

  it('is one that Kong can read, with nothing that Konnect refuses', () => {
    expect(checkPluginSchema(name, readLua(luaSchema(name)))).toMatchObject({ name });
    expect(luaSchema(name)).not.toMatch(/\b(require|function|typedefs|local)\b\s*[("{=]/);
  });

  it('allows the plugin on HTTP and gRPC routes only', () => {
    const [{ protocols }] = pluginSchema(name).fields as [{ protocols: unknown }];
    expect(protocols).toMatchObject({ default: ['grpc', 'grpcs', 'http', 'https'], required: true });
  });
});
