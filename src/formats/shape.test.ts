import { describe, expect, it } from 'vitest';
import { either, idOf, known, object, type Shape } from './shape.ts';

describe('one of two shapes', () => {
  it('is the same at every depth, so that a deep body leaves nothing behind', () => {
    const tree = (leaf: string): Shape => {
      const node: Shape = object(() => ({ [leaf]: known, below: node }));
      return node;
    };
    const [first] = below(either(tree('a'), tree('b')));
    const [second, keys] = below(first);
    expect(second).toBe(first);
    expect(keys).toEqual(['a', 'below', 'b']);
  });

  function below(shape: Shape | undefined): [Shape | undefined, string[]] {
    const keys = shape?.keys?.();
    return [keys?.get('below'), [...(keys?.keys() ?? [])]];
  }
});

describe('an id', () => {
  const isId = (value: string) => idOf('call_').isInert?.(value);

  it.each(['call_1', 'call_a1b2c3', 'call_12345678abc', 'call_3196a1cc08de4d76b85b8f5777c0d42b'])(
    'is one: %s',
    (id) => {
      expect(isId(id)).toBe(true);
    },
  );

  it.each([
    'call_',
    'call_me',
    'call_078-05-1120',
    'call_078051120',
    'call_x4111111111111111y',
    'call_1_2',
    '1',
  ])('is none: %s', (id) => {
    expect(isId(id)).toBe(false);
  });
});
