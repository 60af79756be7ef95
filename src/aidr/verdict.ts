/**
 * From AIDR's HTTP answer to a verdict or a failure.
 *
 * `blocked` is read before anything else: a delivered block must not be lost because something else is wrong with
 * the answer. Whatever is not a clear verdict is a failure, never an allow.
 *
 * @see https://aidr-docs.crowdstrike.com/docs/api/aidr
 */
import * as z from 'zod';
import { MAX_ANSWER_VALUES } from '../body/json/check.ts';
import { parseJson } from '../body/json/document.ts';
import { isRequestId } from './endpoint.ts';
import type { Failure, FailureClass } from './failure.ts';
import { type Finding, findingsOf, messagesNamed } from './findings.ts';
import { isObject, type JsonObject } from './json-object.ts';
import type { Reply } from './transport.ts';

/** What the inspection record says of every verdict. */
interface ReportedFindings {
  summary: string | undefined;
  /** Names of the detectors that fired. */
  detected: string[];
  /** For whoever reads a refusal; absent where nothing was found. */
  findings?: Finding[];
  /** Which of the messages that were sent the detectors that fired looked at, by index; absent where AIDR does not say so. */
  messages?: number[];
  requestId?: string;
  /** Name of AIDR's policy. */
  policy?: string;
}

export type Verdict = ReportedFindings &
  (
    | { kind: 'blocked' }
    | { kind: 'passed' }
    | {
        kind: 'transformed';
        /** What the texts should become. */
        guardOutput: unknown;
        /** AIDR did not say whether it changed them: the output may be what was sent. */
        mayBeUnchanged?: true;
        /** What AIDR encrypted, and what decrypts it. */
        encrypted?: Encrypted;
      }
  );

export interface Encrypted {
  fpeContext: string;
  /** What the detectors found, in clear: never to be logged. */
  found: string[];
}

export type Inspected = { ok: true; verdict: Verdict } | { ok: false; failure: Failure };

const text = () => z.string().nullish().catch(undefined);

/** What AIDR says ends in log lines, records and the client's answer. UTF-16 code units. */
const MAX_NAME = 128;
const MAX_SUMMARY = 1_024;

/** Each line of a log is one line that we wrote. */
function oneLine(text: string, max: number): string {
  return text.slice(0, max).replace(/[\p{C}\p{Zl}\p{Zp}]/gu, ' ');
}

const envelope = z.looseObject({
  request_id: text(),
  status: z.unknown().optional(),
  summary: text(),
  result: z.unknown().optional(),
});

const result = z.looseObject({
  blocked: z.boolean(),
  transformed: z.boolean().nullish(),
  guard_output: z.unknown().optional(),
  detectors: z.record(z.string(), z.unknown()).nullish(),
  fpe_context: text(),
});

export function readVerdict({ status, body }: Reply): Inspected {
  const json = parseAnswer(body);
  const head = envelope.safeParse(json);
  const told = toldBy(head.data);
  if (isDeliveredBlock(body, json)) return { ok: true, verdict: { kind: 'blocked', ...told } };
  const fail = (failure: FailureClass, detail: string): Inspected => ({
    ok: false,
    failure: { class: failure, detail, ...(told.requestId ? { requestId: told.requestId } : {}) },
  });
  if (status !== 200) return fail(classOfStatus(status), `AIDR answered with status ${status}`);
  if (!head.success) return fail('invalid_response', "AIDR's answer is not a JSON object");
  const aidrStatus = head.data.status ?? 'Success';
  if (aidrStatus !== 'Success')
    return fail('invalid_response', 'AIDR answered 200 with another status than Success');
  const verdict = result.safeParse(head.data.result);
  if (!verdict.success) return fail('invalid_response', "AIDR's answer holds no usable verdict");
  const { transformed, guard_output: guardOutput, detectors, fpe_context: fpeContext } = verdict.data;
  const encrypted = fpeContext ? { encrypted: { fpeContext, found: valuesFound(detectors ?? {}) } } : {};
  const isUnsaid = typeof transformed !== 'boolean' && isObject(guardOutput);
  if (!transformed && !isUnsaid) return { ok: true, verdict: { kind: 'passed', ...told } };
  const changes = { guardOutput, ...encrypted, ...(isUnsaid ? { mayBeUnchanged: true as const } : {}) };
  return { ok: true, verdict: { kind: 'transformed', ...told, ...changes } };
}

/** @returns undefined when the answer is not one JSON value that every reader reads alike */
export function parseAnswer(body: Uint8Array): unknown {
  // It repeats what it was sent, and lists what was found in it.
  const parsed = parseJson(body, { left: MAX_ANSWER_VALUES });
  return parsed.ok ? parsed.document.value : undefined;
}

/**
 * Whether the answer says "blocked", whatever else it says: what is not clear enough to let pass can be clear enough to
 * block.
 *
 * @param json of the body, if it is one JSON value that every reader reads alike
 */
export function isDeliveredBlock(body: Uint8Array, json = parseAnswer(body)): boolean {
  return isBlocked(json === undefined ? parseLeniently(body) : json);
}

function parseLeniently(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(body));
  } catch {
    return undefined;
  }
}

/** What a 202 says of where its result will be. */
export function acceptedCall(body: Uint8Array): { location?: unknown; requestId?: unknown } {
  const json = parseAnswer(body);
  if (!isObject(json)) return {};
  return { location: isObject(json.result) ? json.result.location : undefined, requestId: json.request_id };
}

/** Read from the bare JSON, so that nothing else in the answer can spoil it. */
function isBlocked(json: unknown): boolean {
  const result = isObject(json) ? json.result : undefined;
  return isObject(result) && result.blocked === true;
}

function toldBy(head: z.infer<typeof envelope> | undefined): ReportedFindings {
  const result = isObject(head?.result) ? head.result : {};
  const summary = head?.summary ?? undefined;
  const findings = findingsOf(result);
  const messages = messagesNamed(result);
  return {
    summary: summary && oneLine(summary, MAX_SUMMARY),
    detected: isObject(result.detectors) ? namesOfDetected(result.detectors) : [],
    ...(findings.length > 0 ? { findings } : {}),
    ...(messages ? { messages } : {}),
    ...(isRequestId(head?.request_id) ? { requestId: head.request_id } : {}),
    ...(typeof result.policy === 'string' ? { policy: oneLine(result.policy, MAX_NAME) } : {}),
  };
}

function namesOfDetected(detectors: JsonObject): string[] {
  return Object.entries(detectors)
    .filter(([, detector]) => isObject(detector) && detector.detected === true)
    .map(([name]) => oneLine(name, MAX_NAME));
}

function valuesFound(detectors: JsonObject): string[] {
  const values = Object.values(detectors).flatMap((detector) => {
    const data = isObject(detector) ? detector.data : undefined;
    const entities = isObject(data) && Array.isArray(data.entities) ? data.entities : [];
    return entities.map((entity: unknown) => (isObject(entity) ? entity.value : undefined));
  });
  return values.filter((value) => typeof value === 'string');
}

/** 202 means "not yet": it is no verdict. */
export function classOfStatus(status: number): FailureClass {
  if (status === 401 || status === 403) return 'unauthorized';
  if (status === 429) return 'rate_limited';
  if (status === 408) return 'timeout';
  if (status >= 500) return 'server_error';
  if (status === 400 || status === 404 || status === 413 || status === 422) return 'rejected_input';
  return 'invalid_response';
}
