/** Inspects a body on the event loop that everybody shares, or in a worker thread where that would take long. */

import { failed } from '../aidr/failure.ts';
import type { AidrUsage, VerdictReader } from '../aidr/session.ts';
import type { Reply } from '../aidr/transport.ts';
import { type Inspected, readVerdict } from '../aidr/verdict.ts';
import { parseJson } from '../body/json/document.ts';
import type { Direction } from '../config/schema.ts';
import { asksForStream } from '../formats/asks-for-stream.ts';
import { callerKey } from '../inspection/caller-key.ts';
import type {
  AnyHostInspector,
  HostInspector,
  HostMessageInspector,
} from '../inspection/create-inspector.ts';
import { inspectPlainAnswer, inspectAnswer as inspectThatAnswer } from '../inspection/inspect-answer.ts';
import { sessionTerms } from '../inspection/inspect-extraction.ts';
import { inspectPlainPrompt, inspectPrompt as inspectThatPrompt } from '../inspection/inspect-prompt.ts';
import type {
  Answer,
  Body,
  InspectedPrompt,
  Inspection,
  InspectionRequest,
  PlainAnswer,
  PlainBody,
  RequestCarryOver,
} from '../inspection/inspector.ts';
import { brokenMessages } from '../inspection/messages/broken-messages.ts';
import {
  inspectMessages as inspectThoseMessages,
  uninspectedMessages,
} from '../inspection/messages/inspect-messages.ts';
import {
  type CodedMessages,
  directionOf,
  type InspectedMessages,
  type PlainMessages,
} from '../inspection/messages/message-body.ts';
import { pieceOfFrame } from '../inspection/messages/stream-piece.ts';
import type { Decision } from '../inspection/policy/decision.ts';
import { failClosed } from '../inspection/policy/enforcement.ts';
import { emptyStats } from '../inspection/report/inspection-stats.ts';
import { errorLocation } from '../kong/error-location.ts';
import type { ProtocolName } from '../protocols/names.ts';
import type { StreamPiece } from '../protocols/protocol.ts';
import { InspectionHost } from './inspection-host.ts';
import type { InspectionJobs } from './inspection-jobs.ts';
import { inspectionPool } from './inspection-pool.ts';
import type { JobHost, JobRefusal, JobResult, Message } from './job.ts';
import { ownTurn } from './loop-turns.ts';
import { inspectMessagesOrBreak } from './messages-or-break.ts';
import { copied } from './transfer.ts';
import { type Weight, weightOf } from './weight.ts';

export function inspectPrompt(
  inspector: HostInspector,
  body: Body,
  request: InspectionRequest,
): Promise<InspectedPrompt> {
  return inspectThatPrompt(inspector, body, request, async (_inspector, plain, held) => {
    const weight = weightOf(plain.bytes, inspector.localRules?.largest);
    if (weight === 'heavy') return inspectPromptInThread(inspector, plain, held);
    if (await hasTurn(weight, plain.bytes, callerKey(held.caller, inspector.id), held.signal)) {
      return inspectPlainPrompt(inspector, plain, held);
    }
    return withoutContext(refused('request', plain.bytes, 'queue_full'));
  });
}

/** @param carryOver what the request plugin knows of the prompt */
export function inspectAnswer(
  inspector: HostInspector,
  answer: Answer,
  request: InspectionRequest,
  carryOver: RequestCarryOver,
): Promise<Inspection> {
  return inspectThatAnswer(inspector, answer, request, carryOver, async (_inspector, plain, held) => {
    const weight = weightOf(plain.bytes);
    if (weight === 'heavy') return inspectAnswerInThread(inspector, plain, held, carryOver);
    if (await hasTurn(weight, plain.bytes, callerKey(held.caller, inspector.id), held.signal)) {
      return inspectPlainAnswer(inspector, plain, held, carryOver);
    }
    return refused('response', plain.bytes, 'queue_full');
  });
}

/**
 * The messages of a request, of an answer, or of one event of an answer. Where the inspection throws, they are refused; under
 * `audit` it rejects.
 */
export async function inspectMessages(
  inspector: HostMessageInspector,
  body: CodedMessages,
  request: InspectionRequest,
): Promise<InspectedMessages> {
  try {
    return await inspectMessagesAnywhere(inspector, body, request);
  } catch (error) {
    if (inspector.config.enforcing_strategy === 'audit') throw error;
    // Looking for its id would take long.
    const bytes = weightOf(body.bytes) === 'heavy' ? new Uint8Array() : body.bytes;
    return brokenMessages(inspector, { bytes, origin: body.origin }, errorLocation(error));
  }
}

function inspectMessagesAnywhere(
  inspector: HostMessageInspector,
  body: CodedMessages,
  request: InspectionRequest,
): Promise<InspectedMessages> {
  const largest = body.origin.from === 'client' ? inspector.localRules?.largest : undefined;
  return inspectThoseMessages(inspector, body, request, async (_inspector, plain, held) => {
    const weight = weightOf(plain.bytes, largest);
    if (weight === 'heavy') return inspectMessagesInThread(inspector, plain, held);
    if (await hasTurn(weight, plain.bytes, callerKey(held.caller, inspector.id), held.signal)) {
      return inspectMessagesOrBreak(inspector, plain, held);
    }
    const { decision } = refused(directionOf(plain.origin), plain.bytes, 'queue_full');
    return uninspectedMessages(inspector, plain.origin, decision, plain.bytes.length);
  });
}

async function inspectMessagesInThread(
  inspector: HostMessageInspector,
  { bytes, ...rest }: PlainMessages,
  request: InspectionRequest,
): Promise<InspectedMessages> {
  const { caller } = request;
  const direction = directionOf(rest.origin);
  const inspection = await inspectInThread(direction, inspector, bytes, request, 'messages', (own) => ({
    ...{ inspectorId: inspector.id, body: { ...rest, bytes: own }, caller },
  }));
  // What a thread gives back has it.
  const unread = uninspectedMessages(inspector, rest.origin, inspection.decision, bytes.length);
  return { ...unread, ...inspection };
}

/** An event of a stream that is read for what goes on in it. */
export interface FrameToRead {
  protocol: ProtocolName;
  bytes: Uint8Array;
  position: { isFirst: boolean; breaksOff: boolean };
  caller: string;
  signal?: AbortSignal | undefined;
}

export type ReadPiece = { ok: true; piece: StreamPiece | undefined } | { ok: false; decision: Decision };

export async function readPiece({
  protocol,
  bytes,
  position,
  caller,
  signal,
}: FrameToRead): Promise<ReadPiece> {
  const weight = weightOf(bytes);
  if (weight !== 'heavy') {
    if (await hasTurn(weight, bytes, caller, signal))
      return { ok: true, piece: pieceOfFrame(protocol, bytes, position) };
    return { ok: false, decision: refused('response', bytes, 'queue_full').decision };
  }
  const input = (own: Uint8Array) => ({ bytes: own, protocol, position });
  const result = await run('piece', bytes, caller, input, undefined, signal);
  if (result.ok) return { ok: true, piece: result.output as StreamPiece | undefined };
  return { ok: false, decision: refused('response', bytes, result.refusal).decision };
}

/** What AIDR answers repeats what was sent, and lists all that was found in it. */
export const readVerdictAnywhere: VerdictReader = async (reply, caller) => {
  const weight = weightOf(reply.body);
  if (weight === 'heavy') return readVerdictInThread(reply, caller);
  const hasOwn = await hasTurn(weight, reply.body, caller);
  return hasOwn ? readVerdict(reply) : failed('overloaded', DETAILS.queue_full);
};

/**
 * @param caller whose prompt it is
 * @returns whether a prompt asks for its answer as a stream; where nobody can read it, what the path says
 */
export async function promptAsksForStream(bytes: Uint8Array, path: string, caller: string): Promise<boolean> {
  if (weightOf(bytes) !== 'heavy') {
    const parsed = parseJson(bytes);
    return asksForStream(parsed.ok ? parsed.document.value : undefined, path);
  }
  const result = await run('asksForStream', bytes, caller, (own) => ({ bytes: own, path }));
  return result.ok ? result.output === true : asksForStream(undefined, path);
}

async function inspectPromptInThread(
  inspector: HostInspector,
  { bytes, ...rest }: PlainBody,
  request: InspectionRequest,
): Promise<InspectedPrompt> {
  const { caller, onUndecided } = request;
  const inspection = await inspectInThread('request', inspector, bytes, request, 'prompt', (own) => ({
    ...{ inspectorId: inspector.id, body: { ...rest, bytes: own }, caller },
    tellsUndecided: onUndecided !== undefined,
  }));
  return withoutContext(inspection);
}

/** What a thread gives back has it. */
function withoutContext(inspection: Inspection): InspectedPrompt {
  return { encryptions: [], asksForStream: false, mayStream: false, ...inspection };
}

async function hasTurn(
  weight: Weight,
  { length }: Uint8Array,
  caller: string,
  signal?: AbortSignal,
): Promise<boolean> {
  return weight === 'small' || ownTurn(caller, length, signal);
}

function inspectAnswerInThread(
  inspector: HostInspector,
  { bytes, ...rest }: PlainAnswer,
  request: InspectionRequest,
  carryOver: RequestCarryOver,
): Promise<Inspection> {
  const { caller } = request;
  const { encryptions, history } = carryOver;
  return inspectInThread('response', inspector, bytes, request, 'answer', (own) => ({
    ...{ inspectorId: inspector.id, answer: { ...rest, bytes: own }, caller },
    carryOver: { encryptions, ...(history ? { history } : {}) },
  }));
}

async function readVerdictInThread({ body, ...rest }: Reply, caller: string): Promise<Inspected> {
  const result = await run('verdict', body, caller, (own) => ({ ...rest, body: own }));
  return result.ok ? (result.output as Inspected) : failed('overloaded', DETAILS[result.refusal]);
}

/** @returns the thread's inspection, with all that it is; or why there is none */
async function inspectInThread<Task extends 'prompt' | 'answer' | 'messages'>(
  direction: Direction,
  inspector: AnyHostInspector,
  bytes: Uint8Array,
  request: InspectionRequest,
  task: Task,
  input: (own: Uint8Array) => InspectionJobs[Task],
): Promise<Inspection> {
  const terms = sessionTerms(inspector, request);
  const host = new InspectionHost(inspector, terms, request.onUndecided);
  let usage: AidrUsage | undefined;
  const result = await run(task, bytes, terms.caller, input, host, request.signal).finally(() => {
    usage = host.end();
  });
  const inspection = result.ok ? (result.output as Inspection) : refused(direction, bytes, result.refusal);
  inspection.stats.attempts += usage?.attempts ?? 0;
  inspection.stats.aidrMs += usage?.elapsedMs ?? 0;
  return inspection;
}

function run<Task extends keyof InspectionJobs>(
  task: Task,
  bytes: Uint8Array,
  caller: string,
  input: (own: Uint8Array) => InspectionJobs[Task],
  host: InspectionHost | undefined = undefined,
  signal: AbortSignal | undefined = undefined,
): Promise<JobResult> {
  const begin = (): Message => {
    host?.beginAttempt();
    const own = copied(bytes);
    return { value: input(own), transfer: [own.buffer] };
  };
  const request = { task, caller, input: begin, bytes: bytes.length, host: host ?? SILENT };
  return inspectionPool.run(signal ? { ...request, signal } : request);
}

/** Of jobs that ask nothing. */
const SILENT: JobHost = { answer: async () => ({ value: undefined }), hear: () => undefined };

function refused(direction: Direction, { length }: Uint8Array, why: JobRefusal): Inspection {
  const decision = failClosed(direction, { class: 'overloaded', detail: DETAILS[why] });
  return { decision, stats: emptyStats(length) };
}

/** A caller can bring about each of them, so none lets anything pass. */
const DETAILS: Record<JobRefusal, string> = {
  displaced: 'another caller needed the room in which large bodies are read',
  queue_full: 'too many bodies wait to be read',
  waited_too_long: 'the body waited too long for a thread that reads it',
  computed_too_long: 'reading the body took too long',
  thread_ended: 'the thread that read the body ended',
  no_thread: 'no thread could be started that reads the body',
  cancelled: 'nobody waits for the body any more',
};
