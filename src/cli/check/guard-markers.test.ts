import { describe, expect, it } from 'vitest';
import { OLDER_HEADER_FILTER } from '../../../testkit/check-configurations.ts';
import { guardPlugin } from '../../kong/guard-plugin.ts';
import { readGuard } from './guard-markers.ts';
import { Place } from './place.ts';

const read = (config: Record<string, unknown>) =>
  readGuard({ name: 'post-function', place: new Place('k'), fields: {}, config, scope: {} });
const request = 'if not kong.ctx.shared.crowdstrike_aidr_request then';

describe("a post-function's Lua", () => {
  it.each<[string, Record<string, unknown>, string]>([
    ['an exit', { access: [`${request} return kong.response.exit(503) end`] }, 'refuses'],
    ['an error', { access: [`${request} kong.response.error(503) end`] }, 'refuses'],
    ['one text instead of a list', { access: `${request} return kong.response.exit(503) end` }, 'refuses'],
    ['a line in the log', { access: [`${request} kong.log.err("x") end`] }, 'notes'],
    ['an exit in another function', { access: [`${request} end`, 'kong.response.exit(403)'] }, 'notes'],
    [
      'an exit that is commented out',
      { access: [`${request} -- return kong.response.exit(503)\nend`] },
      'notes',
    ],
    ['a comment only', { access: [`-- ${request} return kong.response.exit(503) end`] }, 'none'],
    [
      'a long comment only',
      { access: [`--[==[ ${request}\nreturn kong.response.exit(503) end ]==]`] },
      'none',
    ],
    [
      'a longer name',
      { access: [`${request.replace('request', 'requests')} return kong.response.exit(1) end`] },
      'none',
    ],
    ['another phase', { rewrite: [`${request} return kong.response.exit(503) end`] }, 'none'],
    ['no text', { access: [7, null, {}] }, 'none'],
    ['nothing', {}, 'none'],
  ])('with %s', (_name, config, hold) => {
    expect(read(config).request).toBe(hold);
  });

  it('that is lenient only takes note', () => {
    for (const lenient of [true, false]) {
      const { request, response } = read({ ...guardPlugin(['request', 'response'], lenient).config });
      expect([request, response]).toEqual(Array(2).fill(lenient ? 'notes' : 'refuses'));
    }
  });

  it('says with which statuses other plugins may answer, if it looks at that', () => {
    const allowed = { 'below-response': '402 5xx', 'proxy-cache': '2xx' };
    expect(read({ ...guardPlugin(['response'], false, allowed).config }).exits).toEqual({
      'below-request': '3xx 4xx 5xx',
      ...allowed,
    });
    expect(read({ header_filter: [OLDER_HEADER_FILTER] }).exits).toBeUndefined();
  });

  it('is known when it is what this version prints, however it is set and indented', () => {
    for (const directions of [['request'], ['response'], ['request', 'response']] as const)
      for (const lenient of [true, false]) {
        const { config } = guardPlugin(directions, lenient, { 'proxy-cache': '2xx' });
        const indented = Object.entries(config).map(([phase, [lua = '']]) => [
          phase,
          ['kong.log("hi")', lua.replace(/^/gm, '    ')],
        ]);
        expect(read(Object.fromEntries(indented)).isUnchanged).toBe(true);
      }
  });

  it.each(['access', 'header_filter', 'body_filter'])(
    'is not known when somebody changed its %s',
    (phase) => {
      const { config } = guardPlugin(['request', 'response'], false);
      const changed = { ...config, [phase]: config[phase as 'access']?.map((lua) => `do return end ${lua}`) };
      expect(read(changed).isUnchanged).toBe(false);
      // Without a header filter it is the guard of the request plugin.
      expect(read({ ...config, [phase]: undefined }).isUnchanged).toBe(phase === 'header_filter');
    },
  );
});
