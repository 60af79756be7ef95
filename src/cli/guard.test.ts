import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { MARKS } from '../config/guard-plugin.ts';
import { SHORTCUT_PLUGIN } from '../config/shortcut-plugin.ts';
import { GUARD_ACCESS_LUA, GUARD_BODY_FILTER_LUA, GUARD_HEADER_FILTER_LUA } from '../kong/lua/lua-files.ts';
import { guardYaml, shortcutYaml } from './guard.ts';

describe('the guard in YAML', () => {
  it('is a plugin whose Lua is the one of kong.yaml', () => {
    expect(parse(guardYaml(['request', 'response'], false))).toEqual([
      {
        name: 'post-function',
        config: {
          access: [GUARD_ACCESS_LUA],
          header_filter: [GUARD_HEADER_FILTER_LUA],
          body_filter: [GUARD_BODY_FILTER_LUA],
        },
      },
    ]);
  });

  it.each([
    ['the request plugin alone', ['request'], false, ['guard', 'request'], undefined],
    ['the response plugin alone', ['response'], false, ['guard'], ['response']],
    ['the response plugin alone, leniently', ['response'], true, ['guard'], ['response']],
    ['both, leniently', ['request', 'response'], true, ['guard', 'request'], ['response']],
  ] as const)('for %s looks for its marks and no others', (_name, legs, lenient, access, headerFilter) => {
    const [{ config }] = parse(guardYaml(legs, lenient));
    expect(marksIn(config.access)).toEqual(access);
    expect(config.header_filter && marksIn(config.header_filter)).toEqual(headerFilter);
  });

  it.each([true, false])('says whether it is lenient (%s)', (lenient) => {
    const yaml = guardYaml(['request', 'response'], lenient);
    expect(yaml.match(/local lenient = .*/g)).toEqual(Array(2).fill(`local lenient = ${lenient}`));
  });
});

describe('the shortcut in YAML', () => {
  it('is a plugin whose Lua is the one of kong.yaml', () => {
    expect(parse(shortcutYaml())).toEqual([SHORTCUT_PLUGIN]);
  });
});

function marksIn(functions: string[]): string[] {
  return Object.entries(MARKS)
    .filter(([, mark]) => functions.some((lua) => lua.includes(`shared.${mark}`)))
    .map(([name]) => name)
    .sort();
}
