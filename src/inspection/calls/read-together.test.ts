import { describe, expect, it } from 'vitest';
import type { Role, Segment, ToolCall } from '../../formats/segment.ts';
import { callWords, readTogether } from './read-together.ts';

const roles: Record<string, Role> = { s: 'system', u: 'user', a: 'assistant', t: 'tool' };

/** `u:a` is a user's text `a`; one that begins with `?` is said aside. */
const segments = (...turns: string[]) =>
  turns.map<Segment>((turn) => ({
    role: roles[turn.replace('?', '').charAt(0)] ?? 'user',
    kind: 'text',
    text: turn.slice(turn.indexOf(':') + 1),
    pieces: [],
    copies: [],
    derived: [],
    ...(turn.startsWith('?') ? { isOutsideConversation: true } : {}),
  }));

/** A number for each word, in the order in which they are met; 0 for none. */
function wordsOf(...turns: string[]): number[] {
  const all = segments(...turns);
  const words = readTogether(all);
  const order = [...new Set(words.values())];
  return all.map((segment) => order.indexOf(words.get(segment) ?? '') + 1);
}

const firstWord = (...turns: string[]) => [...readTogether(segments(...turns)).values()][0];

describe('texts that are read together', () => {
  it.each<[string, string[], number[]]>([
    ['none, where the assistant speaks between any two', ['u:1', 'a:2', 'u:3', 'a:4'], [0, 0, 0, 0]],
    ['all before an answer', ['u:1', 'u:2', 'a:3', 'u:4'], [1, 1, 0, 0]],
    ['those before each answer apart', ['u:1', 't:2', 'a:3', 'u:4', 'u:5'], [1, 1, 0, 2, 2]],
    ['across what the system says or nobody in particular', ['u:1', 's:2', '?u:3', 'u:4'], [1, 0, 0, 1]],
    ['nothing', [], []],
  ])('are %s', (_name, turns, expected) => {
    expect(wordsOf(...turns)).toEqual(expected);
  });

  it.each([
    [['u:a', 'u:c']],
    [['u:b', 'u:a']],
    [['u:a', 't:b']],
    [['u:a', 'u:b', 'u:c']],
    [['u:ab', 'u:']],
    [['u:a user 1 b', 'u:']],
  ])('are others: %j', (turns) => {
    expect(firstWord('u:a', 'u:b')).toBe(firstWord('u:a', 'u:b'));
    expect(firstWord(...turns)).not.toBe(firstWord('u:a', 'u:b'));
  });
});

describe('the arguments of a call', () => {
  const args = (role: string, names: string[], ...texts: string[]) => {
    const call: ToolCall = { names };
    return segments(...texts.map((text) => `${role}:${text}`)).map((segment) => ({ ...segment, call }));
  };
  const wordOf = (...[names, ...texts]: [string[], ...string[]]) => {
    const [word, ...others] = new Set(callWords(args('a', names, ...texts), ({ text }) => text).values());
    expect(others).toEqual([]);
    return word;
  };

  it('are read together, and with the names of their tool', () => {
    expect(wordOf(['f'], 'a', 'b')).toBe(wordOf(['f'], 'a', 'b'));
  });

  it.each<[string[], ...string[]]>([
    [['g'], 'a', 'b'],
    [['f', 'f'], 'a', 'b'],
    [['f'], 'b', 'a'],
    [['f'], 'ab'],
    [['f'], 'a', 'b', 'c'],
    [['f argument 1 a'], 'b'],
    [['f', 'a'], 'b'],
  ])('are others: %j %j', (...call) => {
    expect(wordOf(...call)).not.toBe(wordOf(['f'], 'a', 'b'));
  });

  it('have no word where nobody knows the tool, and where they stand in the turn of another', () => {
    expect(wordOf([], 'a')).toBeUndefined();
    expect(readTogether(args('u', ['f'], 'a')).size).toBe(0);
    expect(readTogether([...args('a', ['f'], 'a'), ...args('a', ['f'], 'a')]).size).toBe(2);
  });
});
