import { describe, expect, it } from 'vitest';
import type { Exchange } from '../proxy/exchange.ts';
import { LuaRuntime } from './runtime.ts';
import { type LuaObject, Packed } from './value.ts';

/** As much of a request as these functions look at. */
const exchange = () => ({ phase: 'access', shared: new Map(), ctx: new Map() }) as unknown as Exchange;

const lua = new LuaRuntime();
const run = (code: string, x = exchange()) => lua.call(lua.compile(code), x);

describe('the Lua of a worker', () => {
  it('keeps what one function puts under kong for others to find, and the first that was found for ever', async () => {
    expect(lua.find('kong.ctx.mine.add')).toBeUndefined();
    await run('kong.ctx.mine = { add = function(a, b) return { sum = a + b } end }');
    const found = lua.find('kong.ctx.mine.add');
    await run('kong.ctx.mine = { add = function() return "another" end }');
    expect(lua.find('kong.ctx.mine.add')).toBe(found);
    const sum = found && (await lua.call(found, exchange(), [1, 2]));
    expect((sum as LuaObject).copy()).toEqual({ sum: 3 });
  });

  it('finds no function where there is another thing, or nothing', () => {
    for (const path of ['kong.ctx', 'kong.none.none', 'kong.response.exit.x', 'kong._VERSION'])
      expect(lua.find(path)).toBeUndefined();
  });

  it('lets a function in a table write its own MessagePack', async () => {
    const result = await run(
      'return { raw = function(buffer) buffer[1] = "\\192"; buffer[#buffer + 1] = "x" end }',
    );
    expect((result as LuaObject).copy()).toEqual({ raw: new Packed(Buffer.from('\xc0x', 'latin1')) });
  });

  it('tells lists from tables as Kong does', async () => {
    const result = await run('return { {}, { 1, 2 }, { 1, nil, 3 }, { a = 1 }, { [1] = "x", a = 2 } }');
    expect((result as LuaObject).copy()).toEqual([[], [1, 2], { 1: 1, 3: 3 }, { a: 1 }, { 1: 'x', a: 2 }]);
  });

  it('hands bytes out as bytes', async () => {
    expect(await run('return "\\255"')).toEqual(Uint8Array.of(0xff));
    expect(await run('return "\\195\\164"')).toBe('ä');
  });

  it.each([
    ['in itself', 'local t = {}; t.t = t; return t', 'too deep'],
    ['with a key that is none', 'return { [true] = 1 }', 'neither a number nor a string'],
    ['with a coroutine', 'return { coroutine.create(function() end) }', 'cannot hand out'],
    ['whose function fails', 'return { function() error("no") end }', 'no'],
  ])('refuses to hand out a table %s', async (_name, code, why) => {
    const result = await run(code);
    expect(() => (result as LuaObject).copy()).toThrow(why);
  });

  it.each([
    ['local k = kong; return k.cache', 'does not have kong.cache'],
    ['local m = math; return m.pow', 'does not have math.pow'],
    ['local n = ngx; return n.exit', 'does not have ngx.exit'],
    ['ngx.var.uri = "/"', 'cannot change ngx.var.uri'],
    ['kong.response.set_raw_body("x")', 'function cannot be called in access phase'],
  ])('fails where it lacks what Kong has: %s', async (code, why) => {
    await expect(run(code)).rejects.toThrow(why);
  });

  it('ends where the code yields by itself, as a plugin of Kong does', async () => {
    expect(await run('coroutine.yield(1) kong.ctx.shared.after = 1')).toBeUndefined();
  });

  it('keeps the requests apart that wait at the same time', async () => {
    const waiting = (shared: string) => {
      const request = { body: () => new Promise<Buffer>((done) => setTimeout(done, 5, Buffer.from(shared))) };
      const worker = { settings: { clientBodyBufferSize: 10 } };
      return { ...exchange(), request, worker } as unknown as Exchange;
    };
    const requests = ['a', 'b', 'c'].map(waiting);
    const code = lua.compile('local body = kong.request.get_raw_body(); kong.ctx.shared.body = body');
    await Promise.all(requests.map((x) => lua.call(code, x)));
    expect(requests.map((x) => x.shared.get('body'))).toEqual(['a', 'b', 'c']);
  });
});
