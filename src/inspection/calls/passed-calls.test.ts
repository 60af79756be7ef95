import { describe, expect, it } from 'vitest';
import type { AskedCall, GuardCallMetadata } from './ask.ts';
import { PassedCalls } from './passed-calls.ts';
import type { PlannedCall } from './plan-calls.ts';

const METADATA = { event_type: 'output', app_id: 'a' } as GuardCallMetadata;
const VERDICT = { summary: undefined, detected: [] as string[] };
const PASSED: AskedCall['inspected'] = { ok: true, verdict: { kind: 'passed', ...VERDICT } };

function callOf(text: string, role = 'assistant'): PlannedCall {
  const segment = { role, kind: 'text', text } as PlannedCall['parts'][number]['segment'];
  return { parts: [{ segment, whole: text, text, start: 0, role }], tools: [] };
}

describe('a call of a live answer', () => {
  const ask = async (
    passed: PassedCalls,
    calls: PlannedCall[],
    inspected: AskedCall['inspected'] = PASSED,
    metadata = METADATA,
  ) => {
    const sent: string[] = [];
    const verdicts = await passed.ask(metadata, calls, async (unasked) => {
      for (const { parts } of unasked) sent.push(parts.map(({ text }) => text).join());
      return unasked.map((call) => ({ call, inspected }));
    });
    expect(new Set(verdicts.map(({ call }) => call))).toEqual(new Set(calls));
    return sent;
  };

  it('that passed is not made again, and still has its verdict', async () => {
    const passed = new PassedCalls();
    expect(await ask(passed, [callOf('one'), callOf('two')])).toEqual(['one', 'two']);
    expect(await ask(passed, [callOf('two'), callOf('three'), callOf('one')])).toEqual(['three']);
    expect(await ask(passed, [callOf('one')])).toEqual([]);
  });

  it.each<[string, PlannedCall, GuardCallMetadata]>([
    ['longer', callOf('one and'), METADATA],
    ['of somebody else', callOf('one', 'tool'), METADATA],
    [
      'with other words beside it',
      { ...callOf('one'), parts: [callOf('one'), callOf('two')].flatMap(({ parts }) => parts) },
      METADATA,
    ],
    ['of another model', callOf('one'), { ...METADATA, model: 'm' } as GuardCallMetadata],
  ])('is made for a text that is %s', async (_how, call, metadata) => {
    const passed = new PassedCalls();
    await ask(passed, [callOf('one')]);
    expect(await ask(passed, [call], PASSED, metadata)).toHaveLength(1);
  });

  it.each<[string, AskedCall['inspected']]>([
    ['changed', { ok: true, verdict: { ...VERDICT, kind: 'transformed', guardOutput: {} } }],
    ['blocked', { ok: true, verdict: { ...VERDICT, kind: 'blocked' } }],
    ['without a verdict', { ok: false, failure: { class: 'timeout', detail: '' } }],
  ])('is made again if the text was %s', async (_what, inspected) => {
    const passed = new PassedCalls();
    await ask(passed, [callOf('one')], inspected);
    expect(await ask(passed, [callOf('one')])).toEqual(['one']);
  });
});
