import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { CollectorKey, type Vault } from './collector-key.ts';

const REFERENCE = '{vault://env/aidr-key}';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

/** A vault that gives these one after the other, the last one for ever; it counts the questions. */
function vaultOf(...answers: (string | undefined)[]) {
  let asked = 0;
  const vault: Vault = async (reference) => {
    expect(reference).toBe(REFERENCE);
    asked += 1;
    return answers[Math.min(asked, answers.length) - 1];
  };
  return { vault, asked: () => asked };
}

const hanging: Vault = () => new Promise(() => {});

describe('a refused key', () => {
  it('is looked up again, once for all who were refused', async () => {
    const key = new CollectorKey('old', REFERENCE);
    const { vault, asked } = vaultOf('new');
    const renewed = await Promise.all(Array.from({ length: 50 }, () => key.renew('old', vault)));
    expect(renewed).toEqual(renewed.map(() => true));
    expect([key.value, asked()]).toEqual(['new', 1]);
  });

  it('needs no look when another one is already here', async () => {
    const key = new CollectorKey('new', REFERENCE);
    const { vault, asked } = vaultOf('newer');
    expect(await key.renew('old', vault)).toBe(true);
    expect([key.value, asked()]).toEqual(['new', 0]);
  });

  it('stays when it is no reference', async () => {
    const key = new CollectorKey('old');
    expect(await key.renew('old', hanging)).toBe(false);
    expect(key.value).toBe('old');
  });

  it('is followed again when the next one is refused too', async () => {
    const key = new CollectorKey('one', REFERENCE);
    const { vault } = vaultOf('two', 'three');
    expect(await key.renew('one', vault)).toBe(true);
    expect(await key.renew('two', vault)).toBe(true);
    expect(key.value).toBe('three');
  });

  it.each<[string, Vault]>([
    ['has the same one', async () => 'old'],
    ['has none', async () => undefined],
    ['has an empty one', async () => '  '],
    ['has something that is no key', async () => 'two words'],
    ['has something that would be a header of its own', async () => 'key\r\nx-evil: 1'],
    ['has something that is no ASCII', async () => 'naïve'],
    ['rejects', () => Promise.reject(new Error('vault is sealed'))],
    [
      'throws',
      () => {
        throw new Error('vault is sealed');
      },
    ],
  ])('stays, and the vault is left alone for ten seconds, when it %s', async (_name, broken) => {
    const key = new CollectorKey('old', REFERENCE);
    expect(await key.renew('old', broken)).toBe(false);
    expect(key.value).toBe('old');
    const { vault, asked } = vaultOf('new');
    vi.advanceTimersByTime(9_000);
    expect(await key.renew('old', vault)).toBe(false);
    await key.refresh(vault);
    expect(asked()).toBe(0);
    vi.advanceTimersByTime(1_001);
    expect(await key.renew('old', vault)).toBe(true);
    expect(key.value).toBe('new');
  });

  it('stays when the vault gives no answer within a second, and a late one is ignored', async () => {
    const key = new CollectorKey('old', REFERENCE);
    const late = Promise.withResolvers<string>();
    const renewed = Promise.all([key.renew('old', () => late.promise), key.renew('old', hanging)]);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(await renewed).toEqual([false, false]);
    late.resolve('new');
    await vi.advanceTimersByTimeAsync(0);
    expect(key.value).toBe('old');
  });

  it('loses the blanks around it', async () => {
    const key = new CollectorKey('old', REFERENCE);
    expect(await key.renew('old', async () => ' new\n')).toBe(true);
    expect(key.value).toBe('new');
  });
});

describe('a key from a vault', () => {
  it('is looked up once a minute, by the first who comes', async () => {
    const key = new CollectorKey('old', REFERENCE);
    const { vault, asked } = vaultOf('new', 'newer');
    vi.advanceTimersByTime(59_000);
    await key.refresh(vault);
    expect(asked()).toBe(0);
    vi.advanceTimersByTime(1_000);
    await Promise.all([key.refresh(vault), key.refresh(vault)]);
    expect([key.value, asked()]).toEqual(['new', 1]);
    vi.advanceTimersByTime(60_000);
    await key.refresh(vault);
    expect(key.value).toBe('newer');
  });

  it('keeps nobody waiting but the first', async () => {
    const key = new CollectorKey('old', REFERENCE);
    vi.advanceTimersByTime(60_000);
    const first = key.refresh(hanging);
    await key.refresh(hanging);
    await vi.advanceTimersByTimeAsync(1_000);
    await first;
    expect(key.value).toBe('old');
  });

  it('is looked up by the next who can when it was refused where nobody could', async () => {
    const key = new CollectorKey('old', REFERENCE);
    const { vault, asked } = vaultOf('new');
    await key.refresh(vault);
    expect(asked()).toBe(0);
    key.suspect();
    await key.refresh(vault);
    expect([key.value, asked()]).toEqual(['new', 1]);
  });
});

describe("a key's id", () => {
  it('is the same for the same key, and follows it', async () => {
    const key = new CollectorKey('old', REFERENCE);
    const { id } = key;
    expect(new CollectorKey('old').id).toBe(id);
    await key.renew('old', async () => 'new');
    expect(key.id).toBe(new CollectorKey('new').id);
    expect(key.id).not.toBe(id);
    expect(id).toMatch(/^[\w-]{16}$/);
  });
});

it('a key shows in no text of itself', () => {
  const key = new CollectorKey('pts_secret', REFERENCE);
  for (const text of [inspect(key, { showHidden: true, depth: null }), JSON.stringify(key), String(key)]) {
    expect(text).not.toContain('pts_secret');
  }
});
