/** From AIDR's answer to an unredact call to the decrypted data. */
import * as z from 'zod';
import { type Failure, failed } from './failure.ts';
import type { Reply } from './transport.ts';
import { classOfStatus, parseAnswer } from './verdict.ts';

const answer = z.looseObject({
  status: z.literal('Success').optional(),
  result: z.looseObject({ data: z.unknown() }),
});

export type Unredacted = { ok: true; data: unknown } | { ok: false; failure: Failure };

export function readUnredacted({ status, body }: Reply): Unredacted {
  if (status !== 200) return failed(classOfStatus(status), `AIDR answered unredact with status ${status}`);
  const parsed = answer.safeParse(parseAnswer(body));
  if (!parsed.success) return failed('invalid_response', "AIDR's answer to unredact holds no data");
  return { ok: true, data: parsed.data.result.data };
}
