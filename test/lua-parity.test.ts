/**
 * The embedded gateway runs an operator's Lua as Kong does: each snippet is run by both, and both have to give what is
 * written here.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import type { RunningGateway } from '../testkit/harness/gateways/driver.ts';
import { embedded } from '../testkit/harness/gateways/embedded.ts';
import { kong } from '../testkit/harness/gateways/kong.ts';
import { send } from '../testkit/kong-emulator/testing/send.ts';
import { startUpstream, type TestUpstream } from '../testkit/kong-emulator/testing/upstream.ts';

/** What is sent each time. */
const REQUEST = {
  method: 'POST',
  headers: ['content-type', 'text/plain', 'x-one', 'a', 'X-Two', 'b'],
  body: 'the body',
};
const UPSTREAM = 'from upstream';

interface Snippet {
  lua: Partial<Record<'access' | 'header_filter' | 'body_filter' | 'log', string | string[]>>;
  /** One for each time that the request is sent. */
  gives: { status?: number; body?: string | RegExp; headers?: Record<string, string | undefined> }[];
}

/** A snippet whose value goes to the client, as text. */
function value(lua: string, text: string | RegExp): Snippet {
  const access = `local function it() ${lua} end\nkong.response.exit(200, tostring(it()))`;
  return { lua: { access }, gives: [{ status: 200, body: text }] };
}

const SNIPPETS: Record<string, Snippet> = {
  'whole numbers print as such': value(
    'return table.concat({ 10 / 2, 3, 2 ^ 31, 1e3, 7.0, -0x10, #"abc" * 1.0, math.floor(7 / 2) }, " ")',
    '5 3 2147483648 1000 7 -16 3 3',
  ),
  'fractions print as such': value(
    'return 0.1 + 0.2 .. " " .. 1 / 3 .. " " .. -2.5 % 2',
    '0.3 0.33333333333333 1.5',
  ),
  'numbers beyond 32 bits do not wrap': value(
    'local big = 2147483647; return big + 1 .. " " .. big * 2 .. " " .. math.floor(2 ^ 40) .. " " .. -big - 2',
    '2147483648 4294967294 1099511627776 -2147483649',
  ),
  'a time is a number like others': value(
    'local now = os.time(); return (now * 1000 > now) and (ngx.time() - now <= 1) and (ngx.now() >= now)',
    'true',
  ),
  'texts become numbers': value(
    'return tostring(tonumber("0xffffffff")) .. tostring(tonumber(" 12 ")) .. tostring(tonumber("x")) .. tostring(tonumber("ff", 16)) .. tostring("10" + 1) .. tostring(tonumber("1e2"))',
    '429496729512nil25511100',
  ),
  'texts are formatted': value(
    'return string.format("%d %5.2f %s %x %q %%", 42, 1.005, "a", 255, "b")',
    '42  1.00 a ff "b" %',
  ),
  'patterns match': value(
    'return ("a1b22"):gsub("%d+", "<%0>") .. (("key=value"):match("^(%w+)=")) .. ("%a"):find("%a", 1, true) .. ("x y"):gsub("%s", "")',
    'a<1>b<22>key1xy',
  ),
  'texts are cut, turned and repeated': value(
    'return ("ab"):rep(2) .. ("abc"):sub(-2) .. ("abc"):reverse() .. ("aB"):upper() .. ("a"):byte() .. string.char(98)',
    'ababbccbaAB97b',
  ),
  'tables are lists': value(
    'local t = { 3, 1, 2 }; table.sort(t); table.insert(t, 4); table.remove(t, 1); return table.concat(t, ",") .. #t .. select("#", unpack(t))',
    '2,3,433',
  ),
  'ipairs stops at a hole, and next finds the first': value(
    'local n = 0; for _ in ipairs({ 1, nil, 3 }) do n = n + 1 end; return n .. next({ 7 })',
    '11',
  ),
  'lists in shared memory give each value once': value(
    'local lists, key = ngx.shared.kong_locks, "crowdstrike_aidr:" .. tostring({}) lists:lpush(key, "a") lists:lpush(key, "b") lists:expire(key, 600) local got = tostring(lists:lpop(key)) .. tostring(lists:lpop(key)) .. tostring(lists:lpop(key)) lists:lpush(key, "c") lists:delete(key) return got .. tostring(lists:lpop(key))',
    'banilnil',
  ),
  'an error is a value': value(
    'local ok, err = pcall(error, { code = 7 }); return tostring(ok) .. err.code',
    'false7',
  ),
  'an error names its line': value(
    'local _, err = pcall(function()\n error("x") end); return err:match(":(%d+: .*)$")',
    '2: x',
  ),
  'a wrong argument is an error of the caller': value(
    'local _, err = pcall(kong.response.exit, "x"); return err:match("code must be a number")',
    'code must be a number',
  ),
  'what the sandbox protects stays': value(
    'local ok, err = pcall(function() string.len = 1 end); return err:match("Can not modify string.len. Protected by the sandbox.")',
    'Can not modify string.len. Protected by the sandbox.',
  ),
  'the sandbox has a global table of its own': value(
    'made = 1; return tostring(_G.made) .. tostring(_G.kong == kong) .. _VERSION',
    '1trueLua 5.1',
  ),
  'coroutines run': value(
    'local co = coroutine.wrap(function(a) local b = coroutine.yield(a + 1); return b * 2 end); return co(1) .. co(5)',
    '210',
  ),
  'globals of a function stay its own, from request to request': {
    lua: {
      access: ['count = (count or 0) + 1', 'kong.response.exit(200, tostring(_G.count))'],
    },
    gives: [{ body: 'nil' }, { body: 'nil' }],
  },
  'the first call may give the function that is meant': {
    lua: {
      access: 'local n = 0\nreturn function() n = n + 1; kong.response.exit(200, tostring(n)) end',
    },
    gives: [{ body: '1' }, { body: '2' }, { body: '3' }],
  },
  'a first call that answers is what is meant': {
    lua: { access: 'n = (n or 0) + 1; kong.response.exit(200, tostring(n))' },
    gives: [{ body: '1' }, { body: '2' }],
  },
  'nothing runs after an exit in access': {
    lua: {
      access: [
        'kong.response.exit(201, "one"); kong.response.set_header("x-after", "1")',
        'kong.response.exit(202)',
      ],
    },
    gives: [{ status: 201, body: 'one', headers: { 'x-after': undefined } }],
  },
  'pcall does not catch an exit': {
    lua: { access: 'pcall(kong.response.exit, 201, "one")\nkong.response.exit(202, "two")' },
    gives: [{ status: 201, body: 'one' }],
  },
  'an exit in a coroutine ends the coroutine': {
    lua: {
      access:
        'coroutine.wrap(function() kong.response.exit(201, "one") end)()\nkong.response.set_header("x-after", "1")',
    },
    gives: [{ status: 201, body: 'one', headers: { 'x-after': '1' } }],
  },
  'code goes on after an exit in header_filter': {
    lua: { header_filter: 'kong.response.exit(202, "filtered")\nkong.response.set_header("x-after", "1")' },
    gives: [{ status: 202, body: 'filtered', headers: { 'x-after': '1', 'content-length': '8' } }],
  },
  'an exit with a table is JSON': {
    lua: { access: 'kong.response.exit(200, { list = {}, n = 1 / 2 })' },
    gives: [
      {
        body: /^\{"(list":\{\},"n":0\.5|n":0\.5,"list":\{\})\}$/,
        headers: { 'content-type': 'application/json; charset=utf-8' },
      },
    ],
  },
  'an exit has headers': {
    lua: { access: 'kong.response.exit(200, "x", { ["X-Number"] = 5, ["X-List"] = { "a", "b" } })' },
    gives: [{ body: 'x', headers: { 'x-number': '5', 'x-list': 'a, b' } }],
  },
  'an error in access is a 500': {
    lua: { access: 'error("no")' },
    gives: [{ status: 500, body: /An unexpected error occurred/ }],
  },
  'kong.ctx.shared keeps tables as they are, from phase to phase': {
    lua: {
      access: ['kong.ctx.shared.mine = { n = 1 }', 'local mine = kong.ctx.shared.mine; mine.n = mine.n + 1'],
      header_filter: 'kong.response.set_header("x-n", kong.ctx.shared.mine.n)',
    },
    gives: [{ body: UPSTREAM, headers: { 'x-n': '2' } }],
  },
  'kong.ctx.shared is new for each request': {
    lua: {
      access: 'local was = kong.ctx.shared.was; kong.ctx.shared.was = "x"; if was then error("old") end',
    },
    gives: [{ body: UPSTREAM }, { body: UPSTREAM }],
  },
  'ngx.ctx is a table of the request': {
    lua: {
      access: 'ngx.ctx.mine = { "a" }',
      header_filter:
        'local found; for key, value in pairs(ngx.ctx) do if key == "mine" then found = value[1] end end\nkong.response.set_header("x-found", found)',
    },
    gives: [{ headers: { 'x-found': 'a' } }],
  },
  'ngx.ctx says whether a plugin of a plugin server ran': {
    lua: { header_filter: 'kong.response.set_header("x-ran", tostring(ngx.ctx.ran_go_plugin))' },
    gives: [{ headers: { 'x-ran': 'nil' } }],
  },
  'ngx.var has the variables of the request': value(
    'return ngx.var.request_method .. ngx.var.http_x_one .. tostring(ngx.var.http_x_none)',
    'POSTanil',
  ),
  'headers are found in any spelling': value(
    'local h = kong.request.get_headers(); return h["x-one"] .. h.X_One .. h["X-ONE"] .. h.x_two .. tostring(h.none) .. kong.request.get_header("X-TWO")',
    'aaabnilb',
  ),
  'the body is waited for, in a protected call too': value(
    'local ok, body = pcall(kong.request.get_raw_body); return tostring(ok) .. body',
    'truethe body',
  ),
  'the request has a path and a query': value(
    'return kong.request.get_method() .. kong.request.get_path() .. kong.request.get_query_arg("q")',
    /^POST\/r\d+\/path1$/,
  ),
  'the source of an answer is known': {
    lua: { header_filter: 'kong.response.set_header("x-source", kong.response.get_source())' },
    gives: [{ headers: { 'x-source': 'service' } }],
  },
  'the source of an exit is known': {
    lua: {
      access: 'kong.response.exit(200, "x")',
      header_filter: 'kong.response.set_header("x-source", kong.response.get_source())',
    },
    gives: [{ body: 'x', headers: { 'x-source': 'exit' } }],
  },
  'the source of an error is known': {
    lua: {
      access: 'error("x")',
      header_filter: 'kong.response.set_header("x-source", kong.response.get_source())',
    },
    gives: [{ status: 500, headers: { 'x-source': 'error' } }],
  },
  'a body filter has the whole body when the last chunk is there': {
    lua: {
      header_filter: 'kong.response.clear_header("Content-Length")',
      body_filter:
        'local body = kong.response.get_raw_body(); if body then kong.response.set_raw_body(body:upper()) end',
    },
    gives: [{ body: UPSTREAM.toUpperCase() }],
  },
  'what comes after a body that was set is dropped': {
    lua: {
      header_filter: 'kong.response.clear_header("Content-Length")',
      body_filter: 'kong.response.set_raw_body("instead")',
    },
    gives: [{ body: 'instead' }],
  },
  'body filters run one after the other': {
    lua: {
      header_filter: 'kong.response.clear_header("Content-Length")',
      body_filter: [
        'local body = kong.response.get_raw_body(); if body then kong.response.set_raw_body(body .. "1") end',
        'local body = kong.response.get_raw_body(); if body then kong.response.set_raw_body(body .. "2") end',
      ],
    },
    gives: [{ body: `${UPSTREAM}12` }],
  },
};

const NAMES = Object.keys(SNIPPETS);

function configuration(upstream: string): string {
  const routes = NAMES.map((name, index) => ({
    name: `r${index}`,
    paths: [`/r${index}`],
    plugins: [
      {
        name: 'pre-function',
        config: Object.fromEntries(
          Object.entries(SNIPPETS[name]?.lua ?? {}).map(([phase, lua]) => [phase, [lua].flat()]),
        ),
      },
    ],
  }));
  return stringify({ _format_version: '3.0', services: [{ name: 'test', url: upstream, routes }] });
}

describe.each([embedded, kong])('Lua in $name', async (driver) => {
  const missing = await driver.missing();
  if (missing !== undefined) {
    it(`did not run: ${missing}`, (test) => test.skip(missing));
    return;
  }
  let upstream: TestUpstream;
  let gateway: RunningGateway;
  beforeAll(async () => {
    upstream = await startUpstream();
    upstream.answer = (_, response) => {
      response.writeHead(200, { 'content-length': UPSTREAM.length });
      response.write(UPSTREAM.slice(0, 4));
      setTimeout(() => response.end(UPSTREAM.slice(4)), 20);
    };
    gateway = await driver.start({
      configuration: configuration(upstream.url),
      env: {},
      pluginServer: 'aidr',
    });
  });
  afterAll(async () => {
    await gateway?.stop();
    await upstream?.close();
  });

  it.each(NAMES.map((name, index) => [name, index] as const))('%s', async (name, index) => {
    for (const wanted of SNIPPETS[name]?.gives ?? []) {
      const answer = await send(gateway.url, { ...REQUEST, path: `/r${index}/path?q=1` });
      expect(answer.status, answer.body).toBe(wanted.status ?? 200);
      if (wanted.body instanceof RegExp) expect(answer.body).toMatch(wanted.body);
      else if (wanted.body !== undefined) expect(answer.body).toBe(wanted.body);
      for (const [header, text] of Object.entries(wanted.headers ?? {}))
        expect(answer.headers[header], header).toBe(text);
    }
  });
});
