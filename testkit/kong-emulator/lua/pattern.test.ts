import { describe, expect, it } from 'vitest';
import { matchesPattern } from './pattern.ts';

describe('a Lua pattern', () => {
  it.each([
    ['^[a-z][a-z%d-]-[a-z%d]+$', ['env-cs-aidr', 'a1'], ['Env', '1a', 'a-']],
    ['^%s*openai%s*$', ['openai', ' openai\t'], ['open ai', 'openai!']],
    ['^%u+$', ['GET'], ['Get', '']],
    ['//', ['a//b'], ['a/b']],
    ['^/v1/chat%-?completions$', ['/v1/chat-completions', '/v1/chatcompletions'], ['/v1/chat.completions']],
    ['^[^%s]+$', ['abc'], ['a b']],
    ['^[%w_.]+@%a+%.%a%a%a?$', ['a_b.c@host.de', 'a@host.com'], ['a@host', 'a b@host.de']],
    ['^%S+$', ['abc', 'ä'], ['a b']],
    ['^[%D]$', ['a'], ['1']],
    ['a$b', ['a$b'], ['a']],
    ['^.-x$', ['x', 'aax'], ['xa']],
    ['[]]', [']'], ['[']],
    ['(a)(b)', ['ab'], ['a']],
    ['^%b()$', ['(a(b))'], ['(a']],
    ['(a)%1', ['aa'], ['ab']],
    ['%f[%w]b', ['a b'], ['ab']],
  ])('%s', (pattern, accepted, refused) => {
    expect(accepted.filter((text) => !matchesPattern(text, pattern))).toEqual([]);
    expect(refused.filter((text) => matchesPattern(text, pattern))).toEqual([]);
  });

  it.each([
    ['[a', 'a', "malformed pattern (missing ']')"],
    ['a%', 'a', "malformed pattern (ends with '%')"],
    ['%f', '', "missing '[' after '%f' in pattern"],
  ])('refuses %s', (pattern, text, why) => {
    expect(() => matchesPattern(text, pattern)).toThrow(why);
  });
});
