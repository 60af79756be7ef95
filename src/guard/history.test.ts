import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import type { GuardMetadata } from '../aidr/request.ts';
import type { Role, Segment, SegmentKind, ToolCall } from '../wire/segment.ts';
import {
  historyScope,
  recall,
  remember,
  rememberAnswer,
  rememberTools,
  type Turn,
  withoutToolNames,
} from './history.ts';
import { readTogether } from './read-together.ts';

const METADATA: GuardMetadata = { app_id: 'a', user_id: 'u', model: 'm', extra_info: { app_name: 's' } };
const turn = { role: 'user', kind: 'text', text: 'My SSN is 078-05-1120.' } as const;
/** A user's. */
const text = (words: string): Turn => ({ ...turn, text: words });

let scopes = 0;
/** A scope that no other test has. */
const newScope = () => {
  scopes += 1;
  return historyScope(`guard${scopes}`, 'ann', METADATA);
};

describe('a vetted turn', () => {
  it.each([
    ['what it became', { replacement: 'My SSN is <US_SSN>.' }],
    [
      'what of that is encrypted',
      { replacement: 'My SSN is 841-02-6613.', encryption: { context: 'c', values: ['841-02-6613'] } },
    ],
    ['that it became nothing', { replacement: '' }],
    ['that it stayed as it was', {}],
  ])('is known with %s', (_name, known) => {
    const scope = newScope();
    expect(recall(scope, turn)).toBeUndefined();
    remember(scope, turn, known);
    expect(recall(scope, turn)).toEqual(known);
  });

  it('is known as said by its role, as what it is, word for word', () => {
    const scope = newScope();
    remember(scope, turn, {});
    expect(recall(scope, { ...turn, role: 'assistant' })).toBeUndefined();
    expect(recall(scope, { ...turn, kind: 'reasoning' })).toBeUndefined();
    expect(recall(scope, turn, 'with others')).toBeUndefined();
    expect(recall(scope, text(`${turn.text} `))).toBeUndefined();
    expect(recall(scope, text(''))).toBeUndefined();
  });

  it.each<[string, string, GuardMetadata]>([
    ['under another configuration', 'other', METADATA],
    ['of another user', 'guard', { ...METADATA, user_id: 'v' }],
    ['of nobody in particular', 'guard', { app_id: 'a', model: 'm', extra_info: { app_name: 's' } }],
    ['for another model', 'guard', { ...METADATA, model: 'n' }],
    ['from another address', 'guard', { ...METADATA, source_ip: '10.0.0.1' }],
    ['of another tenant', 'guard', { ...METADATA, tenant_id: 't' }],
    ['on another service', 'guard', { ...METADATA, extra_info: { app_name: 't' } }],
    ['whose fields only look the same', 'guard', { ...METADATA, user_id: 'u","model":"m' }],
  ])('is unknown %s', (name, guardId, metadata) => {
    const said = text(`${turn.text} ${name}`);
    remember(historyScope('guard', undefined, METADATA), said, {});
    expect(recall(historyScope('guard', undefined, METADATA), said)).toEqual({});
    expect(recall(historyScope(guardId, undefined, metadata), said)).toBeUndefined();
  });

  it('is unknown to a consumer whom AIDR is told by the same name, and to nobody in particular', () => {
    const scopes = [undefined, '["u",null]', '[null,"u"]'].map((consumer) =>
      historyScope('guard', consumer, METADATA),
    );
    const said = text(`${turn.text} as a consumer`);
    for (const [index, scope] of scopes.entries()) {
      for (const later of scopes.slice(index)) expect(recall(later, said)).toBeUndefined();
      remember(scope, said, {});
      expect(recall(scope, said)).toEqual({});
    }
  });

  it('is forgotten after a quarter of an hour: the policy may have changed', async () => {
    const began = performance.now();
    const clock = vi.spyOn(performance, 'now');
    try {
      const scope = newScope();
      remember(scope, turn, {});
      for (const [later, expected] of [
        [899_000, {}],
        [901_000, undefined],
      ] as const) {
        clock.mockReturnValue(began + later);
        // The cache looks at the clock once a millisecond.
        await sleep(5);
        expect(recall(scope, turn)).toEqual(expected);
      }
    } finally {
      clock.mockRestore();
      await sleep(5);
    }
  });

  it('is forgotten when replacements need its room, of which one alone may not be more than there is', () => {
    const scope = newScope();
    remember(scope, turn, {});
    remember(scope, text('huge'), { replacement: 'x'.repeat(16_777_216) });
    expect(recall(scope, text('huge'))).toBeUndefined();
    expect(recall(scope, turn)).toEqual({});
    for (let index = 0; index < 20; index++) {
      remember(scope, text(`large ${index}`), { replacement: 'x'.repeat(1_000_000) });
    }
    expect(recall(scope, turn)).toBeUndefined();
    expect(recall(scope, text('large 19'))).toBeDefined();
  });

  it('is forgotten when fifty thousand others came after it', () => {
    const scope = newScope();
    for (let index = 0; index <= 50_000; index++) remember(scope, text(String(index)), {});
    expect(recall(scope, text('0'))).toBeUndefined();
    expect(recall(scope, text('1'))).toEqual({});
  });
});

const segment = (role: Role, kind: SegmentKind, words: string, call?: ToolCall): Segment => ({
  ...{ role, kind, text: words, pieces: [], copies: [], derived: [] },
  ...(call ? { call } : {}),
});

describe('an answer', () => {
  const ROLES: readonly Role[] = ['system', 'user', 'assistant', 'tool'];
  const KINDS: readonly SegmentKind[] = [
    ...(['text', 'refusal', 'reasoning', 'tool_arguments', 'tool_result', 'document'] as const),
    ...(['document_title', 'document_context', 'citation', 'label'] as const),
  ];
  const ALL = ROLES.flatMap((role) => KINDS.map((kind) => [role, kind] as const));
  /** As what the words of an answer are known, whatever they were in it. */
  const knownAfter = (role: Role, kind: SegmentKind): string[] => {
    const scope = newScope();
    rememberAnswer(scope, [segment(role, kind, turn.text)], new Map());
    return ALL.filter(([as, of]) => recall(scope, segment(as, of, turn.text))).map(
      ([as, of]) => `${as} ${of}`,
    );
  };

  it('is known as what the assistant said, thought or declined, and as nothing else', () => {
    const known = ALL.flatMap(([role, kind]) => knownAfter(role, kind).map((as) => `${role} ${kind}: ${as}`));
    expect(known).toEqual([
      'assistant text: assistant text',
      'assistant refusal: assistant refusal',
      'assistant reasoning: assistant reasoning',
    ]);
  });

  /** One call; what follows the name are its arguments. */
  const call = (names: string[], ...args: string[]) => {
    const called = { names };
    return args.map((argument) => segment('assistant', 'tool_arguments', argument, called));
  };
  const isKnown = (scope: ReturnType<typeof newScope>, segments: Segment[]) => {
    const together = readTogether(segments);
    return segments.map((one) => recall(scope, one, together.get(one)) !== undefined);
  };

  it.each<[string, Segment[], boolean[]]>([
    ['the same call', call(['f'], 'a', 'b'), [true, true]],
    ['a call of another tool', call(['g'], 'a', 'b'), [false, false]],
    ["a call of another server's tool", call(['s', 'f'], 'a', 'b'), [false, false]],
    ['a call with the arguments in another order', call(['f'], 'b', 'a'), [false, false]],
    ['a call with one argument less', call(['f'], 'a'), [false]],
    ['a call with one argument more', call(['f'], 'a', 'b', 'c'), [false, false, false]],
    ['two calls with one argument each', [...call(['f'], 'a'), ...call(['f'], 'b')], [false, false]],
    ['arguments of nobody knows what call', call([], 'a', 'b'), [false, false]],
    ['what the assistant said', [segment('assistant', 'text', 'a')], [false]],
  ])('with a call is known as that call only: %s', (_name, segments, expected) => {
    const scope = newScope();
    rememberAnswer(scope, call(['f'], 'a', 'b'), new Map());
    expect(isKnown(scope, segments)).toEqual(expected);
  });

  it('with calls whose tools nobody knows is not known by their arguments', () => {
    const scope = newScope();
    const calls = [...call([], 'a'), segment('assistant', 'tool_arguments', 'b')];
    rememberAnswer(scope, calls, new Map());
    expect(isKnown(scope, calls)).toEqual([false, false]);
  });

  it('is known as the client got it', () => {
    const scope = newScope();
    const said = segment('assistant', 'text', 'I am 078-05-1120.');
    const called = call(['f'], 'a', '078-05-1120');
    const redacted = new Map([
      [said, 'I am ***.'],
      [called[1] ?? said, '***'],
    ]);
    rememberAnswer(scope, [said, ...called], redacted);
    expect(isKnown(scope, [segment('assistant', 'text', 'I am ***.'), ...call(['f'], 'a', '***')])).toEqual([
      ...[true, true, true],
    ]);
    expect(isKnown(scope, [said, ...called])).toEqual([false, false, false]);
  });

  it('needs no verdict on the name of a tool that was offered, but on any other word that is the same', () => {
    const scope = newScope();
    const tool = { name: 'find harbour', places: { description: [], parameters: [] } };
    rememberTools(scope, [tool]);
    const name = segment('assistant', 'label', tool.name);
    const segments: Segment[] = [
      { ...name, bound: 'label' },
      { ...segment('tool', 'label', tool.name), bound: 'key' },
      { ...name, text: `${tool.name}, please`, bound: 'label' },
      name,
      segment('assistant', 'text', tool.name),
      segment('assistant', 'tool_arguments', tool.name),
    ];
    const answer = { segments, tools: [], opaque: 0, unreadable: 0, isTooMuch: false };
    expect(withoutToolNames(scope, answer).segments).toEqual(segments.slice(1));
    expect(withoutToolNames(newScope(), answer).segments).toEqual(segments);
    for (const [role, kind] of ALL) expect(recall(scope, segment(role, kind, tool.name))).toBeUndefined();
  });
});
