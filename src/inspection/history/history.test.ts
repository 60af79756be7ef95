import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import type { GuardMetadata } from '../../aidr/request.ts';
import type { Role, Segment, SegmentKind, ToolCall } from '../../formats/segment.ts';
import { readTogether } from '../calls/read-together.ts';
import { answerTurns, withoutKnownNames } from './answer-turns.ts';
import {
  type HistoryScope,
  historyOfProcess,
  historyScope,
  type KnownTurn,
  type Turn,
  turnKey,
} from './history.ts';
import { toolTurns } from './recurring-texts.ts';

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

const remember = (scope: HistoryScope, said: Turn, known: KnownTurn) =>
  historyOfProcess.remember(() => [{ key: turnKey(scope, said), turn: known }]);
const recall = async (scope: HistoryScope, said: Turn, together?: string) =>
  (await historyOfProcess.recall([turnKey(scope, said, together)]))[0];
const rememberAnswer = (...answer: Parameters<typeof answerTurns>) =>
  historyOfProcess.remember(() => answerTurns(...answer));

const becoming = (replacement: string) => ({ changes: [{ start: 0, end: 1, text: replacement }] });

describe('a turn already inspected', () => {
  it.each([
    ['what it became', { changes: [{ start: 10, end: 21, text: '<US_SSN>' }] }],
    [
      'what of that is encrypted',
      {
        changes: [{ start: 10, end: 21, text: '841-02-6613' }],
        encryption: { context: 'c', values: ['841-02-6613'] },
      },
    ],
    ['that it became nothing', { changes: [{ start: 0, end: 22, text: '' }] }],
    ['that it stayed as it was', {}],
  ])('is known with %s', async (_name, known) => {
    const scope = newScope();
    expect(await recall(scope, turn)).toBeUndefined();
    remember(scope, turn, known);
    expect(await recall(scope, turn)).toEqual(known);
  });

  it('is known as said by its role, as what it is, word for word', async () => {
    const scope = newScope();
    remember(scope, turn, {});
    expect(await recall(scope, { ...turn, role: 'assistant' })).toBeUndefined();
    expect(await recall(scope, { ...turn, kind: 'reasoning' })).toBeUndefined();
    expect(await recall(scope, turn, 'with others')).toBeUndefined();
    expect(await recall(scope, text(`${turn.text} `))).toBeUndefined();
    expect(await recall(scope, text(''))).toBeUndefined();
  });

  it.each<[string, string, GuardMetadata]>([
    ['under another configuration', 'other', METADATA],
    ['of another user', 'guard', { ...METADATA, user_id: 'v' }],
    ['of nobody in particular', 'guard', { app_id: 'a', model: 'm', extra_info: { app_name: 's' } }],
    ['for another model', 'guard', { ...METADATA, model: 'n' }],
    ['of another group', 'guard', { ...METADATA, extra_info: { app_name: 's', user_group: 'g' } }],
    ['of another person', 'guard', { ...METADATA, extra_info: { app_name: 's', user_name: 'n' } }],
    ['to another kind of agent', 'guard', { ...METADATA, agent_type: 'subagent' }],
    ['to an agent', 'guard', { ...METADATA, is_agent: true }],
    ['for another app', 'guard', { ...METADATA, app_id: 'b' }],
    ['of another tenant', 'guard', { ...METADATA, tenant_id: 't' }],
    ['on another service', 'guard', { ...METADATA, extra_info: { app_name: 't' } }],
    ['whose fields only look the same', 'guard', { ...METADATA, user_id: 'u","model":"m' }],
  ])('is unknown %s', async (name, inspectorId, metadata) => {
    const said = text(`${turn.text} ${name}`);
    remember(historyScope('guard', undefined, METADATA), said, {});
    expect(await recall(historyScope('guard', undefined, METADATA), said)).toEqual({});
    expect(await recall(historyScope(inspectorId, undefined, metadata), said)).toBeUndefined();
  });

  it.each<[string, GuardMetadata]>([
    ['in another session', { session_id: 's' }],
    ['in another conversation', { conversation_id: 'c' }],
    ['in another span', { span_id: '00f067aa0ba902b7' }],
    ['from another host', { hostname: 'h' }],
    ['from another address', { source_ip: '10.0.0.1' }],
    ['in another request', { extra_info: { app_name: 's', kong_request_id: 'r' } }],
  ])('is known %s: no verdict depends on that', async (name, more) => {
    const said = text(`${turn.text} ${name}`);
    remember(historyScope('guard', undefined, METADATA), said, {});
    expect(await recall(historyScope('guard', undefined, { ...METADATA, ...more }), said)).toEqual({});
  });

  it('is unknown in the other direction', async () => {
    const scopes = ['input', 'output'].map((event_type) =>
      historyScope('guard', undefined, { ...METADATA, event_type }),
    );
    expect(new Set(scopes).size).toBe(2);
  });

  it('is unknown to a consumer whom AIDR is told by the same name, and to nobody in particular', async () => {
    const scopes = [undefined, '["u",null]', '[null,"u"]'].map((consumer) =>
      historyScope('guard', consumer, METADATA),
    );
    const said = text(`${turn.text} as a consumer`);
    for (const [index, scope] of scopes.entries()) {
      for (const later of scopes.slice(index)) expect(await recall(later, said)).toBeUndefined();
      remember(scope, said, {});
      expect(await recall(scope, said)).toEqual({});
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
        expect(await recall(scope, turn)).toEqual(expected);
      }
    } finally {
      clock.mockRestore();
      await sleep(5);
    }
  });

  it('is forgotten when replacements need its room, of which one alone may not be more than there is', async () => {
    const scope = newScope();
    remember(scope, turn, {});
    remember(scope, text('huge'), becoming('x'.repeat(16_777_216)));
    expect(await recall(scope, text('huge'))).toBeUndefined();
    expect(await recall(scope, turn)).toEqual({});
    for (let index = 0; index < 20; index++) {
      remember(scope, text(`large ${index}`), becoming('x'.repeat(1_000_000)));
    }
    expect(await recall(scope, turn)).toBeUndefined();
    expect(await recall(scope, text('large 19'))).toBeDefined();
  });

  it('is forgotten when fifty thousand others came after it', async () => {
    const scope = newScope();
    for (let index = 0; index <= 50_000; index++) remember(scope, text(String(index)), {});
    expect(await recall(scope, text('0'))).toBeUndefined();
    expect(await recall(scope, text('1'))).toEqual({});
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
  /** The kind under which the words of an answer are remembered, whatever their kind in the answer. */
  const knownAfter = async (role: Role, kind: SegmentKind): Promise<string[]> => {
    const scope = newScope();
    rememberAnswer(scope, [segment(role, kind, turn.text)], new Map());
    const turns = await historyOfProcess.recall(
      ALL.map(([as, of]) => turnKey(scope, segment(as, of, turn.text))),
    );
    return ALL.filter((_, index) => turns[index]).map(([as, of]) => `${as} ${of}`);
  };

  it('is known as what the assistant said, thought or declined, and as nothing else', async () => {
    const known: string[] = [];
    for (const [role, kind] of ALL) {
      known.push(...(await knownAfter(role, kind)).map((as) => `${role} ${kind}: ${as}`));
    }
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
  const isKnown = async (scope: HistoryScope, segments: Segment[]) => {
    const together = readTogether(segments);
    const turns = await historyOfProcess.recall(
      segments.map((one) => turnKey(scope, one, together.get(one))),
    );
    return turns.map((known) => known !== undefined);
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
  ])('with a call is known as that call only: %s', async (_name, segments, expected) => {
    const scope = newScope();
    rememberAnswer(scope, call(['f'], 'a', 'b'), new Map());
    expect(await isKnown(scope, segments)).toEqual(expected);
  });

  it('with calls whose tools nobody knows is not known by their arguments', async () => {
    const scope = newScope();
    const calls = [...call([], 'a'), segment('assistant', 'tool_arguments', 'b')];
    rememberAnswer(scope, calls, new Map());
    expect(await isKnown(scope, calls)).toEqual([false, false]);
  });

  it('is known as the client got it', async () => {
    const scope = newScope();
    const said = segment('assistant', 'text', 'I am 078-05-1120.');
    const called = call(['f'], 'a', '078-05-1120');
    const redacted = new Map([
      [said, [{ start: 5, end: 16, text: '***' }]],
      [called[1] ?? said, [{ start: 0, end: 11, text: '***' }]],
    ]);
    rememberAnswer(scope, [said, ...called], redacted);
    expect(
      await isKnown(scope, [segment('assistant', 'text', 'I am ***.'), ...call(['f'], 'a', '***')]),
    ).toEqual([...[true, true, true]]);
    expect(await isKnown(scope, [said, ...called])).toEqual([false, false, false]);
  });

  it('needs one verdict on what every answer has beside its texts, and another when a line of it is new', async () => {
    const scope = newScope();
    const beside = (...lines: string[]): Segment => ({
      ...segment('tool', 'label', lines.join('\n')),
      pieces: lines.map((text, index) => ({ path: [index], text })),
      ...{ separator: '\n', isOutsideConversation: true, immutableBecause: 'id' },
    });
    const left = async (one: Segment) => {
      const answer = { segments: [one], tools: [], opaque: 0, unreadable: 0, isTooMuch: false };
      return (await withoutKnownNames(historyOfProcess, scope, answer)).segments;
    };
    const first = beside('harbour-7', 'answer 1');
    expect(await left(first)).toEqual([first]);
    historyOfProcess.remember(() => answerTurns(scope, [first], new Map()));
    expect(await left(beside('harbour-7', 'answer 1'))).toEqual([]);
    expect(await left(beside('harbour-7'))).toEqual([]);
    const second = beside('harbour-7', 'answer 2');
    // The same object: whoever has put something down for a segment finds it by that.
    expect((await left(second))[0]).toBe(second);
  });

  it('needs no verdict on the name of a tool that was offered, but on any other word that is the same', async () => {
    const scope = newScope();
    const tool = { name: 'find harbour', places: { name: [], description: [], parameters: [] } };
    historyOfProcess.remember(() => toolTurns(scope, [tool], []));
    const name = segment('assistant', 'label', tool.name);
    const segments: Segment[] = [
      { ...name, immutableBecause: 'label' },
      { ...segment('tool', 'label', tool.name), immutableBecause: 'key' },
      { ...name, text: `${tool.name}, please`, immutableBecause: 'label' },
      name,
      segment('assistant', 'text', tool.name),
      segment('assistant', 'tool_arguments', tool.name),
    ];
    const answer = { segments, tools: [], opaque: 0, unreadable: 0, isTooMuch: false };
    expect((await withoutKnownNames(historyOfProcess, scope, answer)).segments).toEqual(segments.slice(1));
    expect((await withoutKnownNames(historyOfProcess, newScope(), answer)).segments).toEqual(segments);
    for (const [role, kind] of ALL)
      expect(await recall(scope, segment(role, kind, tool.name))).toBeUndefined();
  });
});
