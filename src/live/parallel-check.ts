/**
 * `request_check: parallel`: the provider works while AIDR judges the prompt. Nothing of its answer reaches the client before
 * the verdict is there, but the answer may be read and inspected meanwhile. A client that leaves ends what the provider does,
 * and not the inspection: the provider has the prompt, and whoever reads the record has to know what that was.
 */
import type { HistoryCache } from '../inspection/history/history.ts';
import type { Decision } from '../inspection/policy/decision.ts';
import { changedBody, isRefusal } from '../inspection/policy/decision.ts';
import { refuseUnsendable } from '../inspection/policy/enforcement.ts';
import type { RelayedRequest } from './relayed.ts';
import { CLIENT_GONE, type PromptVerdict, type RequestUnderWay } from './request-under-way.ts';

/** What an answer's inspection ends with whose prompt is refused. */
export const PROMPT_REFUSED: Decision = { outcome: 'skipped', why: 'the prompt was refused' };

const TOO_LATE = 'the prompt was sent before AIDR had it redacted (request_check is parallel)';

/** @returns the decision about a prompt that the provider has: what is to be changed in it cannot be changed any more */
export function ofSentPrompt(decision: Decision): Decision {
  const isTooLate = !isRefusal(decision) && changedBody(decision) !== undefined;
  return isTooLate ? refuseUnsendable('request', TOO_LATE) : decision;
}

/**
 * Asks the provider at once. A refusal has to be sent, and the request to be aborted, before the verdict resolves to it.
 *
 * @param ask asks the provider, and serves its answer
 */
export async function askMeanwhile(
  underWay: RequestUnderWay,
  verdict: Promise<PromptVerdict>,
  ask: (underWay: RequestUnderWay) => Promise<void>,
): Promise<void> {
  const { client, admitted } = underWay;
  const { held, learn } = withHeldHistory(admitted);
  const abort = childOf(underWay.abort);
  client.whenGone(() => abort.abort(CLIENT_GONE));
  const ended = verdict.catch((): PromptVerdict => 'refused');
  const asked = ask({ ...underWay, admitted: held, verdict: ended, abort });
  // It is waited for below. Until then it may fail while nobody looks.
  asked.catch(() => undefined);
  try {
    if ((await verdict) === 'passes') {
      underWay.isAsking = true;
      learn();
      client.letGo();
    }
  } catch (error) {
    // What is kept stays so until the refusal takes its place.
    underWay.abort.abort();
    throw error;
  }
  await asked;
}

/** An answer that is refused ends its own work, and not the inspection of the prompt. */
function childOf({ signal }: AbortController): AbortController {
  const child = new AbortController();
  const abort = () => child.abort(signal.reason);
  if (signal.aborted) abort();
  else signal.addEventListener('abort', abort, { once: true });
  return child;
}

/**
 * What is learned from an answer counts only once its prompt has passed. A refused prompt could have made the model say
 * anything, which would be known in the next request as the model's own words.
 */
function withHeldHistory(admitted: RelayedRequest): { held: RelayedRequest; learn(): void } {
  const { answer } = admitted;
  if (!answer) return { held: admitted, learn: () => undefined };
  const { history } = answer.inspector;
  let held: Parameters<HistoryCache['remember']>[0][] | undefined = [];
  const remember: HistoryCache['remember'] = (turns) => {
    if (held) held.push(turns);
    else history.remember(turns);
  };
  const inspector = { ...answer.inspector, history: { recall: history.recall, remember } };
  return {
    held: { ...admitted, answer: { ...answer, inspector } },
    learn() {
      const learned = held ?? [];
      held = undefined;
      for (const turns of learned) history.remember(turns);
    },
  };
}
