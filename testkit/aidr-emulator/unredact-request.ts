/** The closed request schema of unredact, with AIDR's own validation errors. */
import { z } from 'zod';
import { errorsOf, problem, type ValidationError } from './validation.ts';

const UnredactRequest = z
  .strictObject({ redacted_data: z.unknown(), fpe_context: z.base64() })
  .check(({ value, issues }) => {
    if (!Object.hasOwn(value, 'redacted_data'))
      issues.push(problem('FieldRequired', ['redacted_data'], 'redacted_data is required'));
  });

type Validated =
  | { readonly ok: true; readonly redactedData: unknown; readonly fpeContext: string }
  | { readonly ok: false; readonly errors: ValidationError[] };

/** Checks a parsed body. */
export function validateUnredact(body: unknown): Validated {
  const checked = UnredactRequest.safeParse(body);
  if (!checked.success) return { ok: false, errors: errorsOf(checked.error.issues, body) };
  const { redacted_data, fpe_context } = checked.data;
  return { ok: true, redactedData: redacted_data, fpeContext: fpe_context };
}
