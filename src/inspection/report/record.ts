/**
 * The inspection record: what an operator reads in Kong's logs. Names and numbers; not a word of the content, unless
 * `log_blocked_content` asks for it.
 */
import type { Failure } from '../../aidr/failure.ts';
import type { AnyConfig } from '../../config/mcp-schema.ts';
import type { Direction } from '../../config/schema.ts';
import type { AnyInspector } from '../inspector.ts';
import type { Decision } from '../policy/decision.ts';
import type { InspectionStats } from './inspection-stats.ts';

/** Kong's log plugins write it under `crowdstrike_aidr.request` and `crowdstrike_aidr.response`. */
export interface InspectionRecord {
  /** `pending` is an audit's or the live relay's: the verdict comes later, to the metrics and a log line. */
  outcome: Decision['outcome'] | 'pending';
  strategy: AnyConfig['enforcing_strategy'];
  provider: string;
  api_uri: string;
  model?: string;
  /** `<provider>.<api>` of the body formats that read the body. */
  formats?: string[];
  streamed?: true;
  /** Why nothing was inspected. */
  skipped_because?: string;
  failure?: string;
  failure_detail?: string;
  /** The client's status, where the gateway answers in the upstream's place. */
  rejected_with?: number;
  /** With `log_blocked_content`: what was blocked, shortened. Not under `audit`, whose verdict comes too late. */
  blocked_content?: string[];
  policy?: string;
  detectors?: string[];
  aidr_request_ids?: string[];
  /** Kong's own id of the request. */
  kong_request_id?: string;
  /** Milliseconds that AIDR was waited for, and what this direction took beside that. */
  aidr_ms: number;
  overhead_ms: number;
  calls: number;
  attempts: number;
  bytes: number;
  segments: number;
  opaque?: number;
  /** Earlier turns: those whose verdict was known, and those that AIDR had to be asked about. */
  known_turns?: number;
  unknown_turns?: number;
  /** Texts that recur: definitions of tools, schemas, system prompts that are trusted, and what answers repeat of these. */
  known_recurring?: number;
  unknown_recurring?: number;
  /** Blocked tool results and earlier turns in whose place a notice stands. */
  replaced?: number;
  would_redact?: true;
  unredact_failed?: true;
  /** The answer goes through the live relay; Kong's record then says `pending`, as an audit's does. */
  live?: true;
  /** A redaction came for text that was already sent: the value is longer than `window_overlap_chars`. */
  late_redaction?: true;
  /** With `request_check: parallel`: the provider was asked before the verdict was there. */
  sent_before_verdict?: true;
}

/** How an inspection ended, for the record. The relay has already sent a redacted answer by then. */
export interface CompletedInspection {
  decision: Decision | { outcome: 'redacted' };
  stats: InspectionStats;
}

/** An answer can take a call for each of its choices. The ids of the first ones are enough. */
const MAX_IDS = 8;
/** AIDR has a dozen. */
const MAX_DETECTORS = 32;

/**
 * @param tookMs milliseconds of the whole direction
 * @param requestId Kong's
 */
export function recordOf(
  inspector: AnyInspector,
  { decision, stats }: CompletedInspection,
  tookMs: number,
  requestId?: string,
): InspectionRecord {
  const record: InspectionRecord = {
    outcome: decision.outcome,
    ...whereOf(inspector),
    aidr_ms: rounded(stats.aidrMs),
    overhead_ms: rounded(tookMs - stats.aidrMs),
    calls: stats.calls,
    attempts: stats.attempts,
    bytes: stats.bytes,
    segments: stats.segments,
  };
  if (requestId !== undefined) record.kong_request_id = requestId;
  if (stats.model !== undefined) record.model = stats.model;
  if (stats.formats.length > 0) record.formats = stats.formats;
  if (stats.policy !== undefined) record.policy = stats.policy;
  if (stats.detectors.size > 0) record.detectors = [...stats.detectors].slice(0, MAX_DETECTORS);
  if (stats.requestIds.length > 0) record.aidr_request_ids = stats.requestIds.slice(0, MAX_IDS);
  addCounts(record, stats);
  addFlags(record, stats);
  return Object.assign(record, outcomeDetails(decision));
}

function addCounts(record: InspectionRecord, stats: InspectionStats): void {
  if (stats.opaque > 0) record.opaque = stats.opaque;
  if (stats.knownTurns > 0) record.known_turns = stats.knownTurns;
  if (stats.unknownTurns > 0) record.unknown_turns = stats.unknownTurns;
  if (stats.knownRecurring > 0) record.known_recurring = stats.knownRecurring;
  if (stats.unknownRecurring > 0) record.unknown_recurring = stats.unknownRecurring;
  if (stats.replaced > 0) record.replaced = stats.replaced;
}

function addFlags(record: InspectionRecord, stats: InspectionStats): void {
  if (stats.streamed) record.streamed = true;
  if (stats.wouldRedact) record.would_redact = true;
  if (stats.unredactFailed) record.unredact_failed = true;
  if (stats.live) record.live = true;
  if (stats.lateRedaction) record.late_redaction = true;
  if (stats.sentBeforeVerdict) record.sent_before_verdict = true;
}

/** What Kong's log says of an audit, whose verdict nobody waits for, and of an answer that is still to come. */
export function pendingRecord(
  inspector: AnyInspector,
  bytes: number,
  tookMs: number,
  requestId?: string,
): InspectionRecord {
  const counts = { aidr_ms: 0, overhead_ms: rounded(tookMs), calls: 0, attempts: 0, bytes, segments: 0 };
  return { ...whereOf(inspector), outcome: 'pending', ...kongIdOf(requestId), ...counts };
}

function kongIdOf(requestId: string | undefined): Pick<InspectionRecord, 'kong_request_id'> {
  return requestId === undefined ? {} : { kong_request_id: requestId };
}

function whereOf({ config }: AnyInspector) {
  const { provider, api_uri } =
    'upstream_llm' in config ? config.upstream_llm : { provider: config.protocol, api_uri: 'auto' };
  return { strategy: config.enforcing_strategy, provider, api_uri };
}

function outcomeDetails(decision: CompletedInspection['decision']): Partial<InspectionRecord> {
  switch (decision.outcome) {
    case 'allowed':
    case 'redacted':
      return {};
    case 'skipped':
      return { skipped_because: decision.why };
    case 'blocked':
      return {
        rejected_with: decision.rejection.httpStatus,
        ...(decision.content ? { blocked_content: decision.content } : {}),
      };
    case 'failed_open':
      return failureDetails(decision.failure);
    case 'failed_closed':
      return { ...failureDetails(decision.failure), rejected_with: decision.rejection.httpStatus };
  }
}

function failureDetails({ class: failureClass, detail }: Failure): Partial<InspectionRecord> {
  return { failure: failureClass, failure_detail: detail };
}

/** Hundredths of a millisecond. */
function rounded(milliseconds: number): number {
  return Math.round(milliseconds * 100) / 100;
}

/** A log line for what operators must see even without a log plugin; undefined for ordinary outcomes. */
export function logLineOf(
  direction: Direction,
  record: InspectionRecord,
): { level: 'err' | 'notice'; text: string } | undefined {
  const subject = direction === 'request' ? 'a prompt' : 'an answer';
  const ids = idsOf(record);
  const audit = record.strategy === 'audit' ? 'audit: would have ' : '';
  const late = record.late_redaction ? ', too late for text that had left' : '';
  const sent = record.sent_before_verdict ? ', which the provider has' : '';
  const detectors = record.detectors ? `, detected ${record.detectors.join(', ')}` : '';
  switch (record.outcome) {
    case 'blocked':
      return { level: 'notice', text: `${audit}blocked ${subject}${sent}${detectors}${ids}` };
    case 'redacted':
      return audit || late
        ? { level: late ? 'err' : 'notice', text: `${audit}redacted ${subject}${detectors}${late}${ids}` }
        : undefined;
    case 'failed_open':
      return {
        level: 'err',
        text: `let ${subject} pass uninspected, ${record.failure}: ${record.failure_detail}${ids}`,
      };
    case 'failed_closed':
      return {
        level: 'err',
        text: `${audit}refused ${subject}${sent}, ${record.failure}: ${record.failure_detail}${ids}`,
      };
    default:
      return undefined;
  }
}

function idsOf({ aidr_request_ids: aidr, kong_request_id: kong }: InspectionRecord): string {
  const ids = [
    ...(aidr ? [`AIDR request ${aidr.join(', ')}`] : []),
    ...(kong ? [`Kong request ${kong}`] : []),
  ];
  return ids.length > 0 ? ` (${ids.join('; ')})` : '';
}
