import { describe, expect, it } from 'vitest';
import { readGuard } from './guard-marks.ts';

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
});
