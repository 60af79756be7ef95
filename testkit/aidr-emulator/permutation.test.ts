import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decrypt, encrypt, isEncryptable } from './permutation.ts';

const secret = Buffer.alloc(32, 1);
const formatOf = (value: string) => value.replace(/\d/g, '0').replace(/[a-z]/g, 'a').replace(/[A-Z]/g, 'A');
const encryptable = fc.stringMatching(/^[\w.+@ -]{1,40}$/).filter(isEncryptable);

describe('an encrypted value', () => {
  it.each([
    '234-56-7890',
    '4111 1111 1111 1111',
    'Jane.Doe+x@example.com',
    'AKIAIOSFODNN7EXAMPLE',
    '7',
    'a@b.c',
  ])('has the format of %s, is another and comes back', (value) => {
    const encrypted = encrypt(secret, value);
    expect(formatOf(encrypted)).toBe(formatOf(value));
    expect(encrypted).not.toBe(value);
    expect(decrypt(secret, encrypted)).toBe(value);
  });

  it('has the format of any value, is another and comes back', () => {
    fc.assert(
      fc.property(encryptable, (value) => {
        const encrypted = encrypt(secret, value);
        expect(formatOf(encrypted)).toBe(formatOf(value));
        expect(encrypted).not.toBe(value);
        expect(decrypt(secret, encrypted)).toBe(value);
      }),
    );
  });

  it('is no other value’s', () => {
    const values = Array.from({ length: 1000 }, (_, number) => `${String(number).padStart(3, '0')}-x`);
    expect(new Set(values.map((value) => encrypt(secret, value))).size).toBe(1000);
  });

  it('is the same for the same secret and another for another', () => {
    expect(encrypt(secret, '234-56-7890')).toBe(encrypt(Buffer.alloc(32, 1), '234-56-7890'));
    expect(encrypt(secret, '234-56-7890')).not.toBe(encrypt(Buffer.alloc(32, 2), '234-56-7890'));
  });

  it('shows nothing of what its neighbours have in common', () => {
    const [one = '', other = ''] = ['234-56-7890', '234-56-7891'].map((value) => encrypt(secret, value));
    const same = [...one].filter((character, index) => /\d/.test(character) && character === other[index]);
    expect(same.length).toBeLessThan(6);
  });
});

it.each<[string, boolean]>([
  ['_@_._', false],
  ['', false],
  ['é@ü.ö', false],
  ['x@_._', true],
  ['x'.repeat(320), true],
  ['x'.repeat(321), false],
])('%j can be encrypted: %s', (value, expected) => {
  expect(isEncryptable(value)).toBe(expected);
});
