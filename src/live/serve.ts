/** Chooses how an answer is inspected: as a whole, in windows, or as a copy. */
import { framingOfType } from '../body/stream/index.ts';
import { isErrorStatus, isPartStatus } from '../formats/read.ts';
import { endToEnd, headerOf, isCoded } from './headers.ts';
import type { Relayed, RelayOutcome } from './relayed.ts';
import { serveAudited } from './serve-audited.ts';
import { serveWhole } from './serve-whole.ts';
import { serveWindows } from './serve-windows.ts';

/**
 * @param method of the request
 * @returns undefined when the verdict comes later
 */
export async function serve(relayed: Relayed, method: string): Promise<RelayOutcome | undefined> {
  const { admission, answer, client } = relayed;
  const { status, headers } = answer;
  if (method === 'HEAD' || status === 204 || status === 304) {
    client.hold({ status, headers: endToEnd(headers) });
    client.end();
    return { outcome: 'skipped', why: 'the answer has no body' };
  }
  if (admission.isAudit) return serveAudited(relayed);
  const framing = framingOfType(headerOf(headers, 'content-type'));
  return framing && mayLeaveInParts(relayed) ? serveWindows(relayed, framing) : serveWhole(relayed);
}

/** As a whole, because encrypted values are found only in whole texts, errors are read string by string, and parts are refused. */
function mayLeaveInParts({ admission, answer }: Relayed): boolean {
  const isInWindows = admission.inspector.config.release === 'window';
  const isWholeSuccess = !isErrorStatus(answer.status) && !isPartStatus(answer.status);
  return (
    isInWindows && !isCoded(answer.headers) && isWholeSuccess && admission.carryOver.encryptions.length === 0
  );
}
