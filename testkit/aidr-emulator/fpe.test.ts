import { describe, expect, it } from 'vitest';
import { Fpe } from './fpe.ts';

const fpe = new Fpe();

/** One request's values encrypted, and the context that decrypts them. */
function encrypted(...values: string[]) {
  const encryption = fpe.encryption();
  return { values: values.map((value) => encryption.encrypt(value)), context: encryption.context() ?? '' };
}

describe('a context', () => {
  it('is there when something was encrypted', () => {
    expect(fpe.encryption().context()).toBeUndefined();
    expect(encrypted('234-56-7890').context).toMatch(/^[A-Za-z0-9+/]+={0,2}$/);
  });

  it('is another for each request, and so are its values', () => {
    const [one, other] = [encrypted('234-56-7890'), encrypted('234-56-7890')];
    expect(one.context).not.toBe(other.context);
    expect(one.values).not.toEqual(other.values);
  });

  it('gives a value that occurs twice the same replacement', () => {
    const [first, second] = encrypted('234-56-7890', '234-56-7890').values;
    expect(first).toBe(second);
  });

  it('shows neither the clear values nor the encrypted ones', () => {
    const { values, context } = encrypted('jane.doe@example.com');
    const bytes = Buffer.from(context, 'base64').toString('latin1');
    for (const value of ['jane', 'example', ...values]) expect(bytes).not.toContain(value);
  });

  it('decrypts its own values wherever they occur, and nothing else', () => {
    const { values, context } = encrypted('234-56-7890', 'jane.doe@example.com');
    const [ssn = '', mail = ''] = values;
    const foreign = encrypted('078-05-1120').values[0];
    expect(fpe.decryption(context)?.(`{"a":"\\n${ssn}x"}, <${mail}> ${mail} 111-22-3333 ${foreign}`)).toBe(
      `{"a":"\\n234-56-7890x"}, <jane.doe@example.com> jane.doe@example.com 111-22-3333 ${foreign}`,
    );
  });

  it('decrypts the longer of two values that begin alike', () => {
    const { values, context } = encrypted(...'0123456789', '4111');
    expect(fpe.decryption(context)?.(values.join(' '))).toBe('0 1 2 3 4 5 6 7 8 9 4111');
  });

  it('decrypts thousands of values', () => {
    const clear = Array.from({ length: 2000 }, (_, number) => `100-00-${String(number).padStart(4, '0')}`);
    const { values, context } = encrypted(...clear);
    expect(fpe.decryption(context)?.(values.join(' '))).toBe(clear.join(' '));
  });
});

describe('no context', () => {
  const { context } = encrypted('234-56-7890');
  const flipped = (index: number) => {
    const bytes = Buffer.from(context, 'base64');
    bytes[index] = (bytes[index] ?? 0) ^ 1;
    return bytes.toString('base64');
  };

  it.each([
    ['nothing', ''],
    ['too little', 'gAyHpblmIoUXKTiYY8xKiQ=='],
    ['one whose nonce was changed', flipped(0)],
    ['one whose tag was changed', flipped(12)],
    ['one whose values were changed', flipped(28)],
    ['one that was cut', context.slice(0, -4)],
    ['random bytes', 'A'.repeat(64)],
  ])('is %s', (_, changed) => {
    expect(fpe.decryption(changed)).toBeUndefined();
  });

  it('is one of another instance', () => {
    expect(new Fpe().decryption(context)).toBeUndefined();
  });
});
