import { describe, expect, it } from 'vitest';
import { OLDER_HEADER_FILTER } from '../../../testkit/check-configurations.ts';
import { guardPlugin } from '../../kong/guard-plugin.ts';
import { readGuard } from './guard-markers.ts';

const read = (config: Record<string, unknown>) =>
  readGuard({ name: 'post-function', place: 'k', fields: {}, config, scope: {} });
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
});
