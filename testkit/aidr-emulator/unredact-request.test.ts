import { describe, expect, it } from 'vitest';
import { validateUnredact } from './unredact-request.ts';

const fpe_context = 'gAyHpblmIoUXKTiYY8xKiQ==';

it.each([[{ a: ['b', 1, null] }], [['a']], ['text'], [''], [7], [false], [null]])(
  'an unredact request is accepted with %j',
  (redacted_data) => {
    expect(validateUnredact({ redacted_data, fpe_context })).toEqual({
      ok: true,
      redactedData: redacted_data,
      fpeContext: fpe_context,
    });
  },
);

describe('an unredact request is refused', () => {
  it.each<[unknown, string, string]>([
    [{ fpe_context }, 'FieldRequired', '/redacted_data'],
    [{ redacted_data: 'a' }, 'FieldRequired', '/fpe_context'],
    [{ redacted_data: 'a', fpe_context: 7 }, 'InvalidString', '/fpe_context'],
    [{ redacted_data: 'a', fpe_context: null }, 'InvalidString', '/fpe_context'],
    [{ redacted_data: 'a', fpe_context: 'not base64!' }, 'BadFormatBase64', '/fpe_context'],
    [{ redacted_data: 'a', fpe_context, guard_input: {} }, 'UnexpectedProperty', '/guard_input'],
    [[], 'InvalidObject', ''],
    ['text', 'InvalidObject', ''],
    [null, 'InvalidObject', ''],
  ])('%j: %s at %s', (body, code, source) => {
    expect(validateUnredact(body)).toEqual({
      ok: false,
      errors: [{ code, detail: expect.any(String), source }],
    });
  });

  it('with every error named', () => {
    const checked = validateUnredact({ a: 1 });
    const sources = checked.ok ? [] : checked.errors.map(({ source }) => source).sort();
    expect(sources).toEqual(['/a', '/fpe_context', '/redacted_data']);
  });
});
