/**
 * From AIDR's HTTP answer to a verdict or a failure.
 *
 * `blocked` is read before anything else: a delivered block must not be lost because something else is wrong with
 * the answer. Whatever is not a clear verdict is a failure, never an allow.
 *
 * @see https://aidr-docs.crowdstrike.com/docs/api/aidr
 */
import * as z from 'zod';
import type { Failure, FailureClass } from './failure.ts';

export type Verdict =
  | { kind: 'blocked'; summary: string | undefined; requestId?: string }
  | {
      kind: 'passed';
      /** Names of the detectors that fired. */
      detected: string[];
      /** What the texts should become; absent when AIDR changed nothing. */
      guardOutput?: unknown;
      summary: string | undefined;
      requestId?: string;
    };

export type Inspected = { ok: true; verdict: Verdict } | { ok: false; failure: Failure };

const envelope = z.looseObject({
  request_id: z.string().nullish().catch(undefined),
  status: z.unknown().optional(),
  summary: z.string().nullish().catch(undefined),
  result: z.unknown().optional(),
});

const result = z.looseObject({
  blocked: z.boolean(),
  transformed: z.boolean().nullish(),
  guard_output: z.unknown().optional(),
  detectors: z.record(z.string(), z.unknown()).nullish(),
});

/**
 * @param status HTTP status
 * @param body the answer's bytes, whole
 */
export function readAnswer(status: number, body: Uint8Array): Inspected {
  const json = parse(body);
  const head = envelope.safeParse(json);
  const summary = head.data?.summary ?? undefined;
  const requestId = head.data?.request_id ? { requestId: head.data.request_id } : {};
  if (isBlocked(json)) return { ok: true, verdict: { kind: 'blocked', summary, ...requestId } };
  const fail = (failure: FailureClass, detail: string): Inspected => ({
    ok: false,
    failure: { class: failure, detail, ...requestId },
  });
  if (status !== 200) return fail(classOfStatus(status), `AIDR answered with status ${status}`);
  if (!head.success) return fail('invalid_response', "AIDR's answer is not a JSON object");
  const aidrStatus = head.data.status ?? 'Success';
  if (aidrStatus !== 'Success')
    return fail('invalid_response', 'AIDR answered 200 with another status than Success');
  const verdict = result.safeParse(head.data.result);
  if (!verdict.success) return fail('invalid_response', "AIDR's answer holds no usable verdict");
  const { transformed, guard_output: guardOutput, detectors } = verdict.data;
  return {
    ok: true,
    verdict: {
      kind: 'passed',
      detected: namesOfDetected(detectors ?? {}),
      ...(transformed ? { guardOutput } : {}),
      summary,
      ...requestId,
    },
  };
}

function parse(body: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8'));
  } catch {
    return undefined;
  }
}

/** Read from the bare JSON, so that nothing else in the answer can spoil it. */
function isBlocked(json: unknown): boolean {
  const result = isObject(json) ? json.result : undefined;
  return isObject(result) && result.blocked === true;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function namesOfDetected(detectors: Record<string, unknown>): string[] {
  return Object.entries(detectors)
    .filter(([, detector]) => isObject(detector) && detector.detected === true)
    .map(([name]) => name);
}

/** 202 means "not yet": without polling it is no verdict. */
function classOfStatus(status: number): FailureClass {
  if (status === 401 || status === 403) return 'unauthorized';
  if (status === 429) return 'rate_limited';
  if (status === 408) return 'timeout';
  if (status >= 500) return 'server_error';
  if (status === 400 || status === 404 || status === 413 || status === 422) return 'rejected_input';
  return 'invalid_response';
}
