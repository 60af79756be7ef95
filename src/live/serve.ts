/** Chooses how an answer is inspected: as a whole, in windows, or as a copy. */
import { framingOfType } from '../body/stream/index.ts';
import { isErrorStatus, isPartStatus } from '../formats/read.ts';
import { isUtf8Answer } from '../inspection/charset.ts';
import type { Decision } from '../inspection/policy/decision.ts';
import { NO_ANSWER_BODY } from '../inspection/uninspected.ts';
import { forwardRest } from './forward-rest.ts';
import { endToEnd, headerOf, isCoded } from './headers.ts';
import type { Relayed, RelayOutcome } from './relayed.ts';
import { serveAudited } from './serve-audited.ts';
import { brokenOff, serveWhole } from './serve-whole.ts';
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
    return NO_ANSWER_BODY;
  }
  const framing = framingOfType(headerOf(headers, 'content-type'));
  if (admission.streamsPass && (admission.client.asksForStream ?? framing !== undefined))
    return passStream(relayed);
  if (admission.isAudit) return serveAudited(relayed);
  return framing && mayLeaveInParts(relayed) ? serveWindows(relayed, framing) : serveWhole(relayed);
}

const STREAM_PASSES: Decision = {
  outcome: 'skipped',
  why: 'streamed answers pass unbuffered on this route',
};

async function passStream(relayed: Relayed): Promise<RelayOutcome> {
  const { answer, client, conclude } = relayed;
  conclude(STREAM_PASSES);
  relayed.stats.streamed = true;
  client.hold({ status: answer.status, headers: endToEnd(answer.headers) });
  try {
    await forwardRest(relayed, []);
  } catch (error) {
    return brokenOff(relayed, error);
  }
  return STREAM_PASSES;
}

/** As a whole, because encrypted values are found only in whole texts, errors are read string by string, and parts are refused. */
function mayLeaveInParts({ admission, answer }: Relayed): boolean {
  const { response_mode: mode, release } = admission.inspector.config;
  const isInWindows = mode === 'live' && release === 'window';
  const isUtf8 = isUtf8Answer(headerOf(answer.headers, 'content-type'));
  const isWholeSuccess = isUtf8 && !isErrorStatus(answer.status) && !isPartStatus(answer.status);
  return (
    isInWindows && !isCoded(answer.headers) && isWholeSuccess && admission.carryOver.encryptions.length === 0
  );
}
