import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cpuMilliseconds } from '../../../testkit/cpu-time.ts';
import { guardCall, guardJson } from '../../aidr/request.ts';
import type { Segment, ToolDefinition } from '../../formats/segment.ts';
import { fitted } from './call-size.ts';
import { guardInput, type Part, type PlannedCall } from './plan-calls.ts';

/** As `fitted` is used: what is around the messages and tools is counted elsewhere. */
const ENVELOPE = '{"messages":[],"tools":[]}'.length;
/** AIDR's own limit, less what surrounds the messages. */
const ROOM = 1_048_000;
const LARGE = 8_388_608;

function part(text: string, role = 'user'): Part {
  const pieces = [{ path: ['messages', 0, 'content'], text }];
  const segment: Segment = { role: 'user', kind: 'text', text, pieces, copies: [], derived: [] };
  return { segment, whole: text, text, start: 0, role };
}

function tool(name: string, description: string): ToolDefinition {
  return { name, description, places: { name: [], description: [], parameters: [] } };
}

const callOf = (texts: string[], tools: ToolDefinition[] = []): PlannedCall => ({
  parts: texts.map((text) => part(text)),
  tools,
});

const bytesOf = (call: PlannedCall) => Buffer.byteLength(JSON.stringify(guardInput(call)), 'utf8');
const partsOf = (calls: PlannedCall[]) => calls.flatMap(({ parts }) => parts);

/** Texts whose characters need one to six bytes in JSON, by the stretch. */
const anyText = fc
  .array(
    fc.tuple(
      fc.constantFrom('a', '"', '\\', '\n', '\u0001', 'é', '€', '😀', '\ud83d', '\ude00', '𐀀b'),
      fc.nat(200),
    ),
    { maxLength: 6 },
  )
  .map((stretches) => stretches.map(([character, times]) => character.repeat(times)).join(''));

/** The text that slices cover, or undefined when there is a hole or a slice that is not the text's. */
function covered(slices: Part[]): string | undefined {
  let text = '';
  for (const slice of slices) {
    if (slice.start > text.length) return undefined;
    if (slice.whole.slice(slice.start, slice.start + slice.text.length) !== slice.text) return undefined;
    text += slice.text.slice(text.length - slice.start);
  }
  return text;
}

function cutsPair(text: string, at: number): boolean {
  return /[\ud800-\udbff]/.test(text.charAt(at - 1)) && /[\udc00-\udfff]/.test(text.charAt(at));
}

describe('calls that are cut to size', () => {
  it('stay as they are when they fit', () => {
    const calls = [callOf(['a', 'b'], [tool('f', 'd')]), callOf(['c'])];
    expect(fitted(calls, ROOM)).toEqual(calls);
  });

  it('bring what was serialised to be measured, as it is sent', () => {
    const [call] = fitted([callOf(['é"'.repeat(200_000)], [tool('f', 'd')])], ROOM);
    const input = call?.input;
    expect(input?.json).toBe(call && JSON.stringify(guardInput(call)));
    const request = { event_type: 'input', app_id: 'a' } as const;
    expect(JSON.parse(guardJson(guardCall({ ...request, guard_input: input ?? {} })))).toEqual(
      JSON.parse(guardJson(guardCall({ ...request, guard_input: call ? guardInput(call) : {} }))),
    );
  });

  it('bring nothing serialised when they were cut', () => {
    const calls = fitted([callOf(['a'.repeat(2 * ROOM)])], ROOM);
    expect(calls.map(({ input }) => input)).toEqual([undefined, undefined, undefined]);
  });

  it.each<[string, string]>([
    ['letters', 'a'],
    ['quotes', '"'],
    ['controls', '\u0001'],
    ['emoji', '😀'],
    ['lone surrogates', '\ud83d'],
  ])('stay whole up to the last byte, counted in JSON: %s', (_name, character) => {
    const text = character.repeat(2_000);
    const room = bytesOf(callOf([text])) + 40;
    expect(fitted([callOf([text])], room)).toHaveLength(1);
    expect(fitted([callOf([text])], room - 200).length).toBeGreaterThan(1);
  });

  it('hold no more bytes than there is room for, and all of every text', () => {
    fc.assert(
      fc.property(fc.array(anyText, { maxLength: 4 }), fc.integer({ min: 90, max: 3_000 }), (texts, room) => {
        const call = callOf(texts, [tool('f', 'short')]);
        const calls = fitted([call], room);
        for (const one of calls) expect(bytesOf(one)).toBeLessThanOrEqual(room + ENVELOPE);
        const slices = Map.groupBy(partsOf(calls), ({ segment }) => segment);
        expect([...slices.keys()]).toEqual(call.parts.map(({ segment }) => segment));
        expect([...slices.values()].map(covered)).toEqual(texts);
        expect(calls.flatMap(({ tools }) => tools)).toEqual(call.tools);
      }),
    );
  });

  it('never cut a surrogate pair', () => {
    fc.assert(
      fc.property(anyText, fc.integer({ min: 90, max: 2_000 }), (text, room) => {
        for (const slice of partsOf(fitted([callOf([text])], room))) {
          expect(cutsPair(text, slice.start)).toBe(false);
          expect(cutsPair(text, slice.start + slice.text.length)).toBe(false);
        }
      }),
    );
  });

  it('never hold two slices of one text: AIDR may read only the last of several assistant messages', () => {
    const text = 'a'.repeat(180_000) + 'é'.repeat(180_000) + '\u0001'.repeat(1_200_000);
    const calls = fitted([{ parts: [part(text, 'assistant')], tools: [] }], ROOM);
    expect(calls.map(({ parts }) => parts.length)).toEqual(calls.map(() => 1));
  });

  it('share 4096 code units between neighbouring slices of a text', () => {
    const slices = partsOf(fitted([callOf(['ab😀'.repeat(600_000)])], ROOM));
    expect(slices.length).toBeGreaterThan(3);
    for (const [index, slice] of slices.slice(1).entries()) {
      const before = slices[index] ?? slice;
      expect(before.start + before.text.length - slice.start).toBeGreaterThanOrEqual(4_096);
    }
  });

  it('hold a tool that fits nowhere alone, so that nothing else is lost with it', () => {
    const calls = fitted(
      [callOf(['a'], [tool('f', 'd'), tool('g', 'x'.repeat(3_000)), tool('h', 'd')])],
      1_000,
    );
    expect(calls.map(({ tools }) => tools.map(({ name }) => name))).toEqual([['f'], ['g'], ['h']]);
    expect(calls.map(({ parts }) => parts.length)).toEqual([0, 0, 1]);
  });

  it.each([0, -5_000_000])('come to an end when there is no room at all (%i)', (room) => {
    const calls = fitted([callOf(['😀'.repeat(40)])], room);
    expect(covered(partsOf(calls))).toBe('😀'.repeat(40));
  });

  it.each<[string, string]>([
    ['letters', 'a'.repeat(LARGE)],
    ['controls', '\u0001'.repeat(LARGE)],
    ['emoji', '😀'.repeat(LARGE / 4)],
    ['ever longer characters', 'a'.repeat(LARGE / 4) + 'é'.repeat(LARGE / 4) + '\u0001'.repeat(LARGE / 4)],
    ['alternating stretches', ('a'.repeat(30_000) + '\u0001'.repeat(30_000)).repeat(LARGE / 60_000)],
  ])('are cut from 8 MB of %s in a moment', (_name, text) => {
    const most = (text.length * 6 * 1.1) / ROOM + 1;
    const took = cpuMilliseconds(() => expect(fitted([callOf([text])], ROOM).length).toBeLessThan(most));
    expect(took).toBeLessThan(1_500);
  });
});
