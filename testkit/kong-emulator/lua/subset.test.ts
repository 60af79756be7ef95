import { describe, expect, it } from 'vitest';
import { isLuaName } from './names.ts';
import { checkLua } from './subset.ts';

describe('Lua that the gateway does not read as Kong does', () => {
  it.each([
    ['an operator of a newer Lua', 'return 7 // 2'],
    ['bits', 'return 6 & 3'],
    ['bits that are turned', 'return ~1'],
    ['a jump', 'goto done ::done::'],
    ['an attribute', 'local x <const> = 1'],
    ["LuaJIT's 64 bits", 'return 1LL'],
    ['an escape that only newer ones know', 'return "\\x41"'],
    ['an escape that skips blanks', 'return "\\z  a"'],
    ['no Lua', 'if x then'],
  ])('%s is refused', (_name, code) => {
    expect(() => checkLua(code, isLuaName)).toThrow(/^\[\d+(:\d+)?\] /);
  });

  it.each([
    'setfenv',
    'loadstring',
    'load',
    'require',
    'getmetatable',
    'setmetatable',
    'rawget',
    'print',
    'io',
    'debug',
    'bit',
    'collectgarbage',
    'string.dump',
    'string.pack',
    'math.pow',
    'math.tointeger',
    'table.unpack',
    'table.maxn',
    'os.execute',
    'os.getenv',
    'coroutine.close',
    'utf8',
    'kong.cache',
    'kong.configuration',
    'kong.db',
    'kong.ctx.plugin',
    'kong.ctx.plugin.x',
    'kong.nginx.get_var',
    'kong.response.get_body',
    'ngx.req',
    'ngx.header',
    'ngx.exit',
    'undefined',
  ])('the name %s is refused', (name) => {
    expect(() => checkLua(`\nlocal x = ${name}`, isLuaName)).toThrow(
      `[2] the embedded gateway's Lua does not have ${name}`,
    );
  });

  it.each([
    'local request = 1; return request, { kong = 2, kong.ctx }',
    'function mine() return mine end',
    'made = 1; return made, _G.made',
    'return kong.ctx.shared.x.y, kong.ctx.crowdstrike_aidr.prompt, ngx.ctx.a, ngx.var.uri',
    'return kong.request, kong.log("a"), kong.log.err("b")',
    'return ("a"):pack()',
    '-- \\x41\nreturn [[\\x41]]',
    "return '\\065\\n\\\\'",
  ])('what is fine is not: %s', (code) => {
    expect(() => checkLua(code, isLuaName)).not.toThrow();
  });

  it('numbers are written such that they are none of 32 bits, and nothing else changes', () => {
    const { runnable } = checkLua('local a = { 1, 0xFF, 1e3, .5 } -- 7\nreturn "8", a[2], 3e20', isLuaName);
    expect(runnable).toBe(
      'local a = { 1.0, 255.0, 1000.0, 0.5 } -- 7\nreturn "8", a[2.0], 300000000000000000000.0',
    );
  });
});
