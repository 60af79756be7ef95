import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startGateway } from '../index.ts';
import { send } from '../testing/send.ts';
import { luaPlugin } from './lua-plugin.ts';

const SCHEMA = `return { name = "mine", fields = { { config = { type = "record", fields = {
  { text = { type = "string", default = "none" } } } } } } }`;
const HEAD = 'local Mine = { PRIORITY = 7, VERSION = "1.2.3" }\n';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lua-plugin-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function write(handler: string, schema = SCHEMA): void {
  mkdirSync(join(folder, 'kong/plugins/mine'), { recursive: true });
  writeFileSync(join(folder, 'kong/plugins/mine/handler.lua'), handler);
  writeFileSync(join(folder, 'kong/plugins/mine/schema.lua'), schema);
}

describe('a plugin in Lua', () => {
  it('runs its phases with its configuration', async () => {
    write(`${HEAD}local count = 0
function Mine:access(config) count = count + 1; kong.ctx.shared.text = config.text .. count end
function Mine:header_filter() kong.response.set_header("x-mine", kong.ctx.shared.text) end
function Mine:response(config) kong.response.exit(201, kong.service.response.get_raw_body() .. config.text) end
function Mine:log() kong.log.err("logged") end
return Mine`);
    const plugin = (config: object) => `plugins: [{ name: mine, config: ${JSON.stringify(config)} }]`;
    const echo = `{ url: "http://127.0.0.1:1", routes: [{ paths: [/a] }], ${plugin({ text: 'a' })} }`;
    const gateway = await startGateway({
      configuration: `_format_version: "3.0"\nservices: [${echo}]`,
      pluginServers: [],
      luaPlugins: { folder, names: ['mine'] },
    });
    try {
      for (const count of [1, 2]) {
        const answer = await send(gateway.url, { path: '/a' });
        expect([answer.status, answer.headers['x-mine']]).toEqual([502, `a${count}`]);
      }
      expect(gateway.logs).toContainEqual({ level: 'err', message: '[mine] logged' });
    } finally {
      await gateway.stop();
    }
  });

  it.each([
    ['without a priority', 'return { VERSION = "1.0.0" }', 'a handler needs a PRIORITY and a VERSION'],
    ['that is no table', 'return 7', 'gives no table'],
    [
      'with a phase that the gateway does not run',
      `${HEAD}function Mine:rewrite() end return Mine`,
      'rewrite',
    ],
    ['with a body filter', `${HEAD}function Mine:body_filter() end return Mine`, 'body_filter'],
    ['that asks for modules', `${HEAD}local x = require "x" return Mine`, 'does not have require'],
    ['that asks Kong while it is loaded', `${HEAD}kong.request.get_path() return Mine`, 'no request here'],
  ])('%s is refused', (_name, handler, why) => {
    write(handler);
    expect(() => luaPlugin(folder, 'mine')).toThrow(why);
  });

  it('with a schema that is none is refused', () => {
    write(`${HEAD}return Mine`, 'return { fields = { { config = { type = "none" } } } }');
    expect(() => luaPlugin(folder, 'mine')).toThrow('invalid type: none');
  });
});
