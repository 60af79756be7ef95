import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import type { GuardMetadata } from '../aidr/request.ts';
import { historyScope, recall, remember } from './history.ts';

const METADATA: GuardMetadata = { app_id: 'a', user_id: 'u', model: 'm', extra_info: { app_name: 's' } };
const turn = { role: 'user', text: 'My SSN is 078-05-1120.' } as const;

let scopes = 0;
/** A scope that no other test has. */
const newScope = () => {
  scopes += 1;
  return historyScope(`guard${scopes}`, METADATA);
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
    remember(scope, turn.role, turn.text, known);
    expect(recall(scope, turn)).toEqual(known);
  });

  it('is known as said by its role, word for word', () => {
    const scope = newScope();
    remember(scope, turn.role, turn.text, {});
    expect(recall(scope, { role: 'assistant', text: turn.text })).toBeUndefined();
    expect(recall(scope, { role: 'user', text: `${turn.text} ` })).toBeUndefined();
    expect(recall(scope, { role: 'user', text: '' })).toBeUndefined();
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
    const text = `${turn.text} ${name}`;
    remember(historyScope('guard', METADATA), 'user', text, {});
    expect(recall(historyScope('guard', METADATA), { role: 'user', text })).toEqual({});
    expect(recall(historyScope(guardId, metadata), { role: 'user', text })).toBeUndefined();
  });

  it('is forgotten after a quarter of an hour: the policy may have changed', async () => {
    const began = performance.now();
    const clock = vi.spyOn(performance, 'now');
    try {
      const scope = newScope();
      remember(scope, turn.role, turn.text, {});
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
    remember(scope, turn.role, turn.text, {});
    remember(scope, 'user', 'huge', { replacement: 'x'.repeat(16_777_216) });
    expect(recall(scope, { role: 'user', text: 'huge' })).toBeUndefined();
    expect(recall(scope, turn)).toEqual({});
    for (let index = 0; index < 20; index++) {
      remember(scope, 'user', `large ${index}`, { replacement: 'x'.repeat(1_000_000) });
    }
    expect(recall(scope, turn)).toBeUndefined();
    expect(recall(scope, { role: 'user', text: 'large 19' })).toBeDefined();
  });

  it('is forgotten when fifty thousand others came after it', () => {
    const scope = newScope();
    for (let index = 0; index <= 50_000; index++) remember(scope, 'user', String(index), {});
    expect(recall(scope, { role: 'user', text: '0' })).toBeUndefined();
    expect(recall(scope, { role: 'user', text: '1' })).toEqual({});
  });
});
