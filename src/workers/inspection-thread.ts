/**
 * What a worker thread runs: the same file that the main thread runs, where all is bundled into one, or else this
 * module. Loaded in the main thread it does nothing.
 */
import { readVerdict } from '../aidr/verdict.ts';
import { parseJson } from '../body/json/document.ts';
import { asksForStream } from '../formats/asks-for-stream.ts';
import { inspectPlainAnswer } from '../inspection/inspect-answer.ts';
import { inspectPlainPrompt } from '../inspection/inspect-prompt.ts';
import type { Inspection, UndecidedPrompt } from '../inspection/inspector.ts';
import { pieceOfFrame } from '../inspection/messages/stream-piece.ts';
import { changedBody } from '../inspection/policy/decision.ts';
import type { InspectionJobs, Question } from './inspection-jobs.ts';
import { inspectMessagesOrBreak } from './messages-or-break.ts';
import { remoteInspector, remoteMessageInspector } from './remote-inspector.ts';
import { type JobServices, serveJobs, type TaskResult } from './thread.ts';
import { owned } from './transfer.ts';

/** In a bundle this is the bundle. */
export const THREAD_FILE = import.meta.filename;

type InspectionTasks = {
  [Name in keyof InspectionJobs]: (input: InspectionJobs[Name], services: JobServices) => Promise<TaskResult>;
};

const tasks: InspectionTasks = {
  async prompt({ inspectorId, body, caller, tellsUndecided }, services) {
    const inspector = await remoteInspector(inspectorId, services);
    const onUndecided = (prompt: UndecidedPrompt) =>
      void services.ask({ kind: 'undecided', prompt } satisfies Question);
    const request = { caller, ...(tellsUndecided ? { onUndecided } : {}) };
    return withBodyGivenAway(await inspectPlainPrompt(inspector, body, request));
  },
  async answer({ inspectorId, answer, caller, carryOver }, services) {
    const inspector = await remoteInspector(inspectorId, services);
    return withBodyGivenAway(await inspectPlainAnswer(inspector, answer, { caller }, carryOver));
  },
  async messages({ inspectorId, body, caller }, services) {
    const inspector = await remoteMessageInspector(inspectorId, services);
    return withBodyGivenAway(await inspectMessagesOrBreak(inspector, body, { caller }));
  },
  async piece({ protocol, bytes, position }) {
    return { output: pieceOfFrame(protocol, bytes, position), transfer: [] };
  },
  async verdict(reply) {
    return { output: readVerdict(reply), transfer: [] };
  },
  async asksForStream({ bytes, path }) {
    const parsed = parseJson(bytes);
    return { output: asksForStream(parsed.ok ? parsed.document.value : undefined, path), transfer: [] };
  },
};

function withBodyGivenAway(inspection: Inspection): TaskResult {
  const { decision } = inspection;
  const changed = changedBody(decision);
  if (!changed) return { output: inspection, transfer: [] };
  const body = owned(changed);
  return { output: { ...inspection, decision: { ...decision, body } }, transfer: [body.buffer] };
}

serveJobs(tasks);
