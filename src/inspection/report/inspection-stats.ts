/** What is known of an inspection, for the record: numbers and names, never content. */
import type { Inspected } from '../../aidr/verdict.ts';

export interface InspectionStats {
  /** Bytes of the body as received. */
  bytes: number;
  /** Texts that the body holds. */
  segments: number;
  /** Parts that carry no text here. */
  opaque: number;
  /** Calls to AIDR, and HTTP exchanges that they took. */
  calls: number;
  attempts: number;
  /** Milliseconds that AIDR was waited for. */
  aidrMs: number;
  /** Earlier turns whose verdict was known. */
  knownTurns: number;
  /** Earlier turns that AIDR had to be asked about. */
  unknownTurns: number;
  /** Definitions of tools, schemas, trusted system prompts, echoes in answers: those whose verdict was known, and others. */
  knownRecurring: number;
  unknownRecurring: number;
  /** Blocked texts in whose place a notice stands. */
  replaced: number;
  streamed: boolean;
  /** Names of the body formats that read the body. */
  formats: string[];
  model?: string;
  requestIds: string[];
  policy?: string;
  detectors: Set<string>;
  /** A redaction was due, and `validate` left the text as it was. */
  wouldRedact: boolean;
  /** Encrypted values stayed encrypted, because AIDR did not decrypt them. */
  unredactFailed: boolean;
  /** The answer went through the live relay. */
  live: boolean;
  /** A redaction came for text that had left already. */
  lateRedaction: boolean;
  /** The prompt was sent to the provider before its verdict was there. */
  sentBeforeVerdict: boolean;
}

export function emptyStats(bytes = 0): InspectionStats {
  return {
    bytes,
    segments: 0,
    opaque: 0,
    calls: 0,
    attempts: 0,
    aidrMs: 0,
    knownTurns: 0,
    unknownTurns: 0,
    knownRecurring: 0,
    unknownRecurring: 0,
    replaced: 0,
    streamed: false,
    formats: [],
    requestIds: [],
    detectors: new Set(),
    wouldRedact: false,
    unredactFailed: false,
    live: false,
    lateRedaction: false,
    sentBeforeVerdict: false,
  };
}

/** Of a stream without end, the ids of the first calls are enough. */
const MAX_IDS = 64;

/** Adds what is known of a part to what is known of the whole: bytes are the whole's own. */
export function addStats(part: InspectionStats, whole: InspectionStats): void {
  for (const name of ['segments', 'opaque', 'calls', 'attempts', 'aidrMs'] as const)
    whole[name] += part[name];
  whole.formats = [...new Set([...whole.formats, ...part.formats])];
  whole.requestIds = [...whole.requestIds, ...part.requestIds].slice(0, MAX_IDS);
  if (part.model !== undefined) whole.model = part.model;
  if (part.policy !== undefined) whole.policy = part.policy;
  for (const detector of part.detectors) whole.detectors.add(detector);
  whole.wouldRedact ||= part.wouldRedact;
}

/** Adds what is known from the answer to one call. */
export function addCallStats(inspected: Inspected, stats: InspectionStats): void {
  const requestId = inspected.ok ? inspected.verdict.requestId : inspected.failure.requestId;
  if (requestId !== undefined) stats.requestIds.push(requestId);
  if (!inspected.ok) return;
  const { policy, detected } = inspected.verdict;
  if (policy !== undefined) stats.policy = policy;
  for (const detector of detected) stats.detectors.add(detector);
}
