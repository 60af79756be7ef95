/** What became of a request, and whether that is what had to. */
import { leakOut, type Plan } from './plan.ts';

/** What the client saw; `status` 0 is a connection that broke. */
export interface Reply {
  status: number;
  body: Buffer;
}

export type Outcome = 'passed' | 'redacted' | 'blocked' | 'refused' | 'violation';

export interface Judgement {
  outcome: Outcome;
  /** Of a violation. */
  what?: string;
}

/** @param excuses of the faults that were on meanwhile: what else the client may be told */
export function judge(plan: Plan, received: Reply, excuses: readonly RegExp[]): Judgement {
  const reply = isLive(plan) ? withoutComments(received) : received;
  const { status, body } = reply;
  if (plan.variant !== 'audit' && leakOut(body))
    return { outcome: 'violation', what: 'the client got what it must not see' };
  if (status === 200 && plan.returned?.equals(body))
    return { outcome: plan.kind === 'plain' || plan.variant === 'audit' ? 'passed' : 'redacted' };
  if (!plan.returned && isRejection(plan, reply)) return { outcome: 'blocked' };
  const said = `${status} ${body.subarray(-SHOWN).toString('utf8')}`;
  const isExcused = excuses.some((excuse) => excuse.test(said));
  if (isExcused || (excuses.length > 0 && isCutShort(plan, reply))) return { outcome: 'refused' };
  return { outcome: 'violation', what: `the client got ${said}` };
}

function isLive({ variant }: Plan): boolean {
  return variant === 'live';
}

/** What a live stream is sent while nothing of its answer may be: clients skip it. */
function withoutComments({ status, body }: Reply): Reply {
  const text = body.toString('latin1').replace(/^: keep-alive\n/gm, '');
  return { status, body: Buffer.from(text, 'latin1') };
}

/** Characters from the end of an answer; the last events of a stream say why it ends. */
const SHOWN = 1_000;

function isRejection(plan: Plan, { status, body }: Reply): boolean {
  const text = body.toString('utf8');
  const direction = plan.kind === 'attack' ? 'Prompt' : 'Response';
  if (status === 400) return text.includes(`${direction} has been rejected by CrowdStrike AIDR`);
  return (
    isLive(plan) &&
    status === 200 &&
    (REJECTED_STREAM.test(text) || text.includes(`${direction} has been rejected`))
  );
}

/** How a live stream ends in terms of each provider. */
const REJECTED_STREAM =
  /"finish_reason":"(?:content_filter|ERROR)"|"finishReason":"SAFETY"|"code":"invalid_prompt"/;

/** Of a live stream the client has the beginning, unchanged, when something breaks; its end may say so. */
function isCutShort(plan: Plan, { status, body }: Reply): boolean {
  if (!isLive(plan) || (status !== 200 && status !== 0)) return false;
  const whole = plan.returned ?? Buffer.concat(plan.answer.chunks);
  const ending = body.toString('latin1').search(BEGIN_OF_ENDING);
  const begun = ending === -1 ? body : body.subarray(0, ending);
  return begun.length < whole.length && whole.subarray(0, begun.length).equals(begun);
}

const BEGIN_OF_ENDING =
  /event: (?:response\.failed|error|message-end)\n|data: \{"(?:error"|candidates":\[\{"index":0,"content":\{"role":"model","parts":\[\]\},"finishReason":"SAFETY")|\{"(?:error"|event_type":"stream-end","is_finished":true,"finish_reason":"ERROR")/;
