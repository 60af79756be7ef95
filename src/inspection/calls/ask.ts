/** Asks AIDR about everything a body holds: all calls at once, under one deadline. */
import type { GuardRequest } from '../../aidr/request.ts';
import type { AidrSession } from '../../aidr/session.ts';
import type { Inspected } from '../../aidr/verdict.ts';
import { guardInput, type PlannedCall } from './plan-calls.ts';

/** What AIDR is told beside the texts. */
export type GuardCallMetadata = Omit<GuardRequest, 'guard_input'>;

export interface AskedCall {
  call: PlannedCall;
  inspected: Inspected;
}

/** Parallel calls of one inspection. Limited, because all routes share the connections to AIDR. */
const MAX_PARALLEL = 8;

/** The body needs more calls than the deadline allows. A caller can cause that, so it does not count as a failure of AIDR. */
const TOO_MANY: Inspected = {
  ok: false,
  failure: { class: 'overloaded', detail: 'the body needs more calls to AIDR than the timeout allows' },
};

/** @returns in the order of the calls; as soon as one is blocked, the others are not waited for */
export async function askAboutAll(
  session: AidrSession,
  metadata: GuardCallMetadata,
  calls: PlannedCall[],
  parallel = MAX_PARALLEL,
): Promise<AskedCall[]> {
  const asked: AskedCall[] = [];
  const blocked = Promise.withResolvers<void>();
  const waiting = calls.entries();
  const askNext = async () => {
    for (const [index, call] of waiting) {
      const inspected = session.hasEnded
        ? TOO_MANY
        : await session.guard({ ...metadata, guard_input: call.input ?? guardInput(call) });
      const isProvokable = call.isCut || index >= parallel;
      const isLate = isProvokable && isTimeout(inspected, session);
      asked[index] = { call, inspected: isLate ? TOO_MANY : inspected };
      if (inspected.ok && inspected.verdict.kind === 'blocked') blocked.resolve();
    }
  };
  const all = Promise.all(Array.from({ length: Math.min(parallel, calls.length) }, askNext));
  await Promise.race([all, blocked.promise]);
  return asked.filter((one) => one !== undefined);
}

function isTimeout(inspected: Inspected, { hasEnded }: AidrSession): boolean {
  if (inspected.ok) return false;
  const { class: failureClass } = inspected.failure;
  return failureClass === 'timeout' || (failureClass === 'failed_on_input' && hasEnded);
}
