/** What an inspection record may hold, held against every record of the end-to-end suite. */
import { expect } from 'vitest';
import * as z from 'zod';
import { FAILURE_CLASSES } from '../../src/aidr/failure.ts';
import { PROVIDERS } from '../../src/config/api-uri.ts';
import { PROTOCOL_SETTINGS } from '../../src/protocols/names.ts';
import type { LogRecord } from './gateways/driver.ts';

const count = z.int().nonnegative();
const some = z.int().positive();
const milliseconds = z.number().nonnegative().max(60_000);
/** Names and ids: one line, not long. */
const word = z.string().regex(/^[^\n\r]{1,128}$/);

const common = {
  strategy: z.enum(['enforce', 'enforce_but_ignore_on_error', 'audit']),
  provider: z.enum([...PROVIDERS, ...PROTOCOL_SETTINGS]),
  api_uri: word,
  model: word.optional(),
  formats: z
    .array(z.string().regex(/^[a-z][a-z\d]*\.[\w.-]+$/))
    .nonempty()
    .optional(),
  streamed: z.literal(true).optional(),
  policy: word.optional(),
  detectors: z.array(word).nonempty().optional(),
  aidr_request_ids: z.array(word).nonempty().max(8).optional(),
  aidr_ms: milliseconds,
  overhead_ms: milliseconds,
  calls: count,
  attempts: count,
  bytes: count,
  segments: count,
  opaque: some.optional(),
  known_turns: some.optional(),
  unknown_turns: some.optional(),
  known_recurring: some.optional(),
  unknown_recurring: some.optional(),
  replaced: some.optional(),
  kong_request_id: z
    .string()
    .regex(/^[0-9a-f]{32}$/)
    .optional(),
  live: z.literal(true).optional(),
  sent_before_verdict: z.literal(true).optional(),
  would_redact: z.literal(true).optional(),
  unredact_failed: z.literal(true).optional(),
};
const failure = { failure: z.enum(FAILURE_CLASSES), failure_detail: z.string().max(256) };
/** A refusal can be told as an answer, and clients of JSON-RPC expect 200 before an error. */
const rejection = { rejected_with: z.int().min(400).max(599).or(z.literal(200)) };

/** Verdicts are waited for, but by audits and the live relay. */
function isPendingForAReason(record: {
  outcome: string;
  strategy: string;
  live?: true | undefined;
}): boolean {
  return record.outcome !== 'pending' || record.strategy === 'audit' || record.live === true;
}

const inspectionRecord = z
  .discriminatedUnion('outcome', [
    z.strictObject({ outcome: z.enum(['allowed', 'redacted']), ...common }),
    z.strictObject({ outcome: z.literal('skipped'), ...common, skipped_because: z.string().max(128) }),
    z.strictObject({ outcome: z.literal('failed_open'), ...common, ...failure }),
    z.strictObject({ outcome: z.literal('failed_closed'), ...common, ...failure, ...rejection }),
    z.strictObject({
      outcome: z.literal('blocked'),
      ...common,
      ...rejection,
      blocked_content: z.array(z.string().max(1_025)).nonempty().max(16).optional(),
    }),
    z.strictObject({
      outcome: z.literal('pending'),
      ...common,
      calls: z.literal(0),
      attempts: z.literal(0),
    }),
  ])
  .refine(isPendingForAReason, 'pending without an audit or the relay');

/** Fails the test, or the hook, with the record that is none. */
export function expectInspectionRecords(records: readonly LogRecord[]): void {
  for (const { crowdstrike_aidr: directions = {} } of records) {
    for (const [direction, record] of Object.entries(directions)) {
      expect(['request', 'response']).toContain(direction);
      const { success, error } = inspectionRecord.safeParse(record);
      expect(success, `${JSON.stringify(record)}: ${error && z.prettifyError(error)}`).toBe(true);
    }
  }
}
