import { describe, expect, it } from 'vitest';
import type { Extraction, Role, Segment, ToolDefinition } from '../../formats/segment.ts';
import { guardInput, type PlannedCall, planInput, planOutput, turnsOf } from './plan-calls.ts';

/** `s`, `u`, `a`, `t` for the roles; each segment's text is its position. */
function conversation(roles: string, tools: ToolDefinition[] = []): Extraction {
  const names: Record<string, Role> = { s: 'system', u: 'user', a: 'assistant', t: 'tool' };
  const segments = [...roles].map<Segment>((letter, index) => ({
    role: names[letter] ?? 'user',
    kind: 'text',
    text: String(index),
    pieces: [{ path: ['messages', index, 'content'], text: String(index) }],
    copies: [],
    derived: [],
  }));
  return { segments, tools, opaque: 0, unreadable: 0, isTooMuch: false };
}

const plan = (found: Extraction) => planInput(turnsOf(found), found.tools);

/** Each call as `role:text` of its messages. */
const messages = (calls: PlannedCall[]) =>
  calls.map((call) =>
    (guardInput(call).messages ?? []).map(({ role, content }) => `${role}:${content}`).join(' '),
  );

describe('the calls for a prompt', () => {
  it.each([
    ['one question', 'u', ['user:0']],
    ['system and question', 'su', ['system:0 user:1']],
    ['an earlier turn', 'uau', ['user:2', 'user:0 user:1']],
    [
      'many earlier turns, a system message among them',
      'suausau',
      ['system:0 system:4 user:6', 'user:1 user:2 user:3 user:5'],
    ],
    ['tool results', 'uat', ['tool:2', 'user:0 user:1']],
    ['a prefilled answer', 'ua', ['user:0 user:1']],
    ['a prefilled answer after an earlier turn', 'uauaa', ['user:2 user:3 user:4', 'user:0 user:1']],
    ['an assistant turn alone', 'aa', ['user:0 user:1']],
    ['an assistant turn before the question', 'au', ['user:1', 'user:0']],
    ['an assistant turn followed by system only', 'uas', ['user:0 user:1 system:2']],
    ['nothing', '', []],
  ])('cover %s', (_name, roles, expected) => {
    expect(messages(plan(conversation(roles)))).toEqual(expected);
  });

  it('leave earlier turns out that are known', () => {
    const { current } = turnsOf(conversation('suaus'));
    expect(messages(planInput({ current, earlier: [] }, []))).toEqual(['system:0 user:3 system:4']);
  });

  it('hold what stands beside the conversation with the current turn, and leave its boundary alone', () => {
    const found = conversation('uaua');
    const aside = { ...conversation('u').segments[0], text: 'x', isOutsideConversation: true } as Segment;
    found.segments.push(aside);
    expect(messages(plan(found))).toEqual(['user:2 user:3 user:x', 'user:0 user:1']);
  });

  it.each(['citation', 'label'] as const)('analyse a prefilled answer that a %s follows', (kind) => {
    const found = conversation('ua');
    const part = { ...conversation('t').segments[0], text: 'x', kind } as Segment;
    found.segments.push(part);
    expect(messages(plan(found))).toEqual(['user:0 user:1 tool:x']);
  });

  it('never hold a message that AIDR would not analyse', () => {
    for (let code = 0; code < 4 ** 6; code++) {
      const roles = code
        .toString(4)
        .padStart(6, '0')
        .replace(/\d/g, (digit) => 'suat'[Number(digit)] ?? '');
      const calls = plan(conversation(roles));
      expect(
        calls.flatMap((call) => (guardInput(call).messages ?? []).map(({ role }) => role)),
      ).not.toContain('assistant');
      expect(calls.flatMap(({ parts }) => parts.map(({ text }) => text)).sort()).toEqual([...'012345']);
    }
  });

  it('carry tool definitions once, also without messages', () => {
    const places = { name: [], description: ['d'], parameters: ['p'] };
    const tools = [
      { name: 'f', description: 'd', parameters: { type: 'object' }, places },
      { name: 'g', places },
    ];
    const sent = [
      { type: 'function', function: { name: 'f', description: 'd', parameters: { type: 'object' } } },
      { type: 'function', function: { name: 'g' } },
    ];
    expect(plan(conversation('uau', tools)).map((call) => guardInput(call).tools)).toEqual([sent, undefined]);
    expect(plan(conversation('', tools)).map(guardInput)).toEqual([{ tools: sent }]);
  });
});

describe('the calls for an answer', () => {
  it('hold one assistant message each: AIDR may read only the last one of several', () => {
    expect(messages(planOutput(conversation('aaa')))).toEqual(['assistant:0', 'assistant:1', 'assistant:2']);
  });

  it('hold what is not said together, in a call in which the assistant says nothing', () => {
    const found = conversation('aaat');
    for (const segment of found.segments.slice(1, 3)) segment.kind = 'tool_arguments';
    expect(messages(planOutput(found))).toEqual(['assistant:0', 'tool:1 tool:2 tool:3']);
  });

  it('keep the role of a single tool call', () => {
    const found = conversation('a');
    for (const segment of found.segments) segment.kind = 'tool_arguments';
    expect(messages(planOutput(found))).toEqual(['assistant:0']);
  });

  it("hold an error's strings together", () => {
    expect(messages(planOutput(conversation('tt')))).toEqual(['tool:0 tool:1']);
  });
});
