import { describe, expect, it } from 'vitest';
import { Collector } from '../../formats/collector.ts';
import type { Segment } from '../../formats/segment.ts';
import { partsReadOn, withoutSent } from './seam.ts';

function segmentOf(text: string, before?: string): Segment {
  const out = new Collector();
  out.text('tool', 'text', text, ['text']);
  const [segment] = out.extraction.segments;
  if (!segment) throw new Error('no text');
  return before === undefined ? segment : { ...segment, before };
}

const LONG = 'Knead it. '.repeat(20_000);

describe('a text that goes on with another', () => {
  it.each([
    ['alone', segmentOf('Bake it.'), ['Bake it.']],
    ['with what was before it', segmentOf('Bake it.', 'Now: '), ['Now: Bake it.']],
    ['a long one in two parts', segmentOf(LONG, 'Now: '), [`Now: ${LONG.slice(0, 4_096)}`, LONG]],
  ])('is read %s', (_how, segment, texts) => {
    expect(partsReadOn(segment, 'tool').map(({ text }) => text)).toEqual(texts);
  });

  const change = (start: number, end: number) => ({ start, end, text: '*' });
  it.each([
    ['in what was sent', [change(-4, -1)], [], false],
    ['across the seam', [change(-4, 5)], [], true],
    ['across the seam, of which the whole has the end', [change(-4, 5)], [change(0, 5)], true],
    ['that the whole has too', [change(3, 5)], [change(3, 5)], false],
    ['within one of the whole', [change(3, 5)], [change(0, 9)], false],
    ['that the whole has not', [change(3, 5)], [], true],
    ['where the seam is cut', [change(4_090, 4_096)], [], false],
  ])('a change %s', (_where, inSeam, inWhole, isLate) => {
    const segment = segmentOf(LONG, 'Now: ');
    const [seam] = partsReadOn(segment, 'tool');
    const changes = new Map<Segment, ReturnType<typeof change>[]>([
      [seam?.segment ?? segment, inSeam],
      ...(inWhole.length > 0 ? [[segment, inWhole] as const] : []),
    ]);
    expect(withoutSent(changes)).toBe(isLate);
    expect([...changes]).toEqual(inWhole.length > 0 ? [[segment, inWhole]] : []);
  });
});
