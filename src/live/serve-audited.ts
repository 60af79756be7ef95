/** Answers under `audit`: they are passed on as they come, and a copy is inspected when it is complete. */

import { callerKey } from '../inspection/caller-key.ts';
import { inspectAnswer } from '../workers/inspect.ts';
import { auditBeside } from './audit-beside.ts';
import { forwardRest } from './forward-rest.ts';
import { endToEnd, headerOf } from './headers.ts';
import { cannotHold } from './refuse.ts';
import { BROKEN_OFF, type Relayed, type RelayOutcome } from './relayed.ts';
import { brokenOff } from './serve-whole.ts';

/** @returns undefined when the verdict comes later */
export async function serveAudited(relayed: Relayed): Promise<RelayOutcome | undefined> {
  const { admission, answer, client, held, abort } = relayed;
  client.hold({ status: answer.status, headers: endToEnd(answer.headers) });
  const copy: Uint8Array[] = [];
  let refused: 'too_large' | 'overloaded' | undefined;
  try {
    await forwardRest(relayed, [], (chunk) => {
      refused ??= held.take(chunk.length);
      if (refused) copy.length = 0;
      else copy.push(chunk);
    });
  } catch (error) {
    return brokenOff(relayed, error);
  }
  // What nobody got is no answer.
  if (!(await client.released(abort.signal))) return BROKEN_OFF;
  if (refused === 'too_large') return cannotHold(relayed, refused);
  const { inspector, caller, path, hadBody, carryOver } = admission;
  const bytes = Buffer.concat(copy);
  const whole = {
    ...{ bytes, path, status: answer.status, requestHadBody: hadBody },
    contentType: headerOf(answer.headers, 'content-type'),
    encoding: headerOf(answer.headers, 'content-encoding'),
  };
  // What an audit lets pass was inspected by nobody.
  const { history: _, ...withoutHistory } = carryOver;
  if (refused) {
    admission.reportDropped();
    return undefined;
  }
  auditBeside(admission, {
    caller: callerKey(caller, inspector.id),
    bytes: bytes.length,
    inspect: (signal) => inspectAnswer(inspector, whole, { caller, signal }, withoutHistory),
  });
  return undefined;
}
