import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { BATCH_HOOK_PLUGIN } from '../kong/batch-hook-plugin.ts';
import { GUARD_STYLES, MARKERS } from '../kong/guard-plugin.ts';
import { INTERNAL_ROUTE_PLUGIN } from '../kong/internal-route-plugin.ts';
import {
  GUARD_ACCESS_LUA,
  GUARD_BODY_FILTER_LUA,
  GUARD_HEADER_FILTER_LUA,
  GUARD_LOG_LUA,
} from '../kong/lua/lua-files.ts';
import { batchHookYaml, guardYaml, internalRouteYaml } from './guard.ts';

describe('the guard in YAML', () => {
  it('is a plugin whose Lua is the one of kong.yaml', () => {
    expect(parse(guardYaml(['request', 'response'], false))).toEqual([
      {
        name: 'post-function',
        config: {
          access: [GUARD_ACCESS_LUA],
          header_filter: [GUARD_HEADER_FILTER_LUA],
          body_filter: [GUARD_BODY_FILTER_LUA],
          log: [GUARD_LOG_LUA],
        },
      },
    ]);
  });

  it.each([
    ['the request plugin alone', ['request'], ['access', 'log'], true],
    ['the response plugin alone', ['response'], ['access', 'header_filter', 'body_filter', 'log'], false],
    ['both', ['request', 'response'], ['access', 'header_filter', 'body_filter', 'log'], true],
  ] as const)(
    'for %s has the halves that it needs, lenient or not',
    (_name, directions, phases, isPromptDue) => {
      for (const lenient of [true, false]) {
        const [{ config }] = parse(guardYaml(directions, lenient));
        expect(Object.keys(config)).toEqual(phases);
        expect(config.access.join().includes(MARKERS.request)).toBe(isPromptDue);
        expect(config.access.join()).toContain(MARKERS.guard);
      }
    },
  );

  it('says what other plugins may answer with', () => {
    const exitsIn = (yaml: string) => yaml.match(/local (below_request|below_response|proxy_cache) = .*/g);
    expect(exitsIn(guardYaml(['request', 'response'], false))).toEqual([
      'local below_request = "3xx 4xx 5xx"',
      'local below_response = ""',
      'local proxy_cache = ""',
    ]);
    const allowed = { 'below-request': '', 'below-response': '402 5xx', 'proxy-cache': '200' };
    expect(exitsIn(guardYaml(['response'], true, allowed))).toEqual([
      'local below_request = ""',
      'local below_response = "402 5xx"',
      'local proxy_cache = "200"',
    ]);
  });

  it.each([
    [['request', 'response'], 2],
    [['request'], 1],
    [['response'], 2],
  ] as const)('says in which style it refuses (%j)', (directions, places) => {
    for (const style of GUARD_STYLES)
      expect(guardYaml(directions, false, {}, style).match(/local style = .*/g)).toEqual(
        Array(places).fill(`local style = "${style}"`),
      );
  });

  it.each([true, false])('says whether it is lenient (%s)', (lenient) => {
    const yaml = guardYaml(['request', 'response'], lenient);
    expect(yaml.match(/local lenient = .*/g)).toEqual(Array(2).fill(`local lenient = ${lenient}`));
  });
});

describe('the batch hook in YAML', () => {
  it('is a plugin whose Lua is the one of kong.yaml', () => {
    expect(parse(batchHookYaml())).toEqual([BATCH_HOOK_PLUGIN]);
  });
});

describe('the check of an internal route in YAML', () => {
  it('is a plugin with the Lua of the check', () => {
    expect(parse(internalRouteYaml())).toEqual([INTERNAL_ROUTE_PLUGIN]);
  });
});
