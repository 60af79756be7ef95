import { describe, expect, it } from 'vitest';
import { checkPolicy, loadPolicy } from './policy.ts';

describe('the policy file', () => {
  it('that comes with the emulator is valid', async () => {
    const policy = await loadPolicy();
    expect(policy.input.name).toBe('aidr_input_policy');
    expect(policy.output.US_SSN).toBe('partial_mask');
  });

  it('can encrypt each entity', async () => {
    const policy = await loadPolicy();
    const entities = { US_SSN: 'encrypt', EMAIL_ADDRESS: 'encrypt', CREDIT_CARD: 'encrypt' } as const;
    const input = { name: 'mine', ...entities, AWS_ACCESS_KEY_ID: 'encrypt' } as const;
    expect(checkPolicy({ ...policy, input }).input).toEqual(input);
  });

  it.each<[string, (policy: Awaited<ReturnType<typeof loadPolicy>>) => unknown, string]>([
    ['an unknown key', (policy) => ({ ...policy, inputs: {} }), 'inputs'],
    [
      'an unknown detector',
      (policy) => ({ ...policy, input: { ...policy.input, UK_NINO: 'mask' } }),
      'UK_NINO',
    ],
    ['an unknown action', (policy) => ({ ...policy, input: { ...policy.input, US_SSN: 'hide' } }), 'US_SSN'],
    [
      'an action that does not suit its detector',
      (policy) => ({ ...policy, input: { ...policy.input, malicious_link: 'mask' } }),
      'malicious_link',
    ],
    [
      'encryption of a link',
      (policy) => ({ ...policy, input: { ...policy.input, malicious_link: 'encrypt' } }),
      'malicious_link',
    ],
    ['a broken pattern', (policy) => ({ ...policy, malicious_prompts: ['('] }), 'not a regular expression'],
    [
      'a topic without phrases',
      (policy) => ({ ...policy, input: { ...policy.input, topics: { politics: 'block' } } }),
      'no phrases',
    ],
  ])('with %s is refused by name', async (_, change, named) => {
    const changed = change(await loadPolicy());
    expect(() => checkPolicy(changed)).toThrow(named);
  });
});
