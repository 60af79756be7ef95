/** A phase as both plugins run it: waiting log lines first; a bug refuses the request, unless this is an audit. */

import type { Direction } from '../../src/config/schema.ts';
import type { RefusalReply } from '../../src/inspection/refusal/refusal-to-anyone.ts';
import { publish } from '../../src/inspection/report/inspection-channel.ts';
import { ANY_EXIT } from '../../src/kong/guard-plugin.ts';
import type { KongRequest, PassedMarker } from '../../src/kong/kong-request.ts';
import { type PhaseResult, runPhase } from '../../src/kong/phase.ts';
import type { AnyInstance } from './instance.ts';
import { bugExit, bugResult } from './phase-results.ts';

/** The direction whose words a refusal has, and the passed-marker that an audit leaves in its place. */
interface Refusing {
  direction: Direction;
  marker: PassedMarker;
  /** What the client gets when the phase threw, as far as it had come; undefined: what anyone gets. */
  replyToBug?: () => RefusalReply | undefined;
}

export function runInspectionPhase(
  kongRequest: KongRequest,
  instance: AnyInstance,
  refusing: Refusing,
  phase: (kongRequest: KongRequest) => Promise<PhaseResult>,
): Promise<void> {
  return runInspection(kongRequest, instance, refusing, async () => {
    await instance.prepare(kongRequest);
    await instance.lines.writeWaiting(kongRequest);
    return phase(kongRequest);
  });
}

/** An inspection within a phase, which it may end: then it does not come back. */
export function runInspection(
  kongRequest: KongRequest,
  instance: AnyInstance,
  refusing: Refusing,
  phase: (kongRequest: KongRequest) => Promise<PhaseResult>,
): Promise<void> {
  const run = async () => {
    try {
      return await phase(kongRequest);
    } catch (error) {
      publish({ kind: 'broken', direction: refusing.direction });
      throw error;
    }
  };
  const { direction, marker } = refusing;
  const toAnyone: PhaseResult = instance.isAudit
    ? { kind: 'pass', marker, exits: ANY_EXIT }
    : bugResult(instance, direction);
  const onBug = () => (instance.isAudit ? undefined : knownBugResult(refusing)) ?? toAnyone;
  return runPhase(kongRequest, instance.plugin, run, onBug);
}

function knownBugResult({ direction, replyToBug }: Refusing): PhaseResult | undefined {
  try {
    const reply = replyToBug?.();
    return reply && bugExit(reply, direction);
  } catch {
    return undefined;
  }
}
