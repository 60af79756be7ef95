import { describe, expect, it } from 'vitest';
import { luaPattern } from './pattern.ts';

describe('Lua patterns as regular expressions', () => {
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
  ])('%s', (pattern, accepted, refused) => {
    const regex = luaPattern(pattern);
    expect(accepted.filter((text) => !regex.test(text))).toEqual([]);
    expect(refused.filter((text) => regex.test(text))).toEqual([]);
  });

  it.each(['%b()', '[a', 'a%', '%f[a]', '(a)%1'])('refuses %s', (pattern) => {
    expect(() => luaPattern(pattern)).toThrow('malformed Lua pattern');
  });
});
