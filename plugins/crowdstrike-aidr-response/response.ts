/** The response leg: each answer before it goes to the client. */
import { MARKS } from '../../src/config/guard-plugin.ts';
import { type Guard, inspectAnswer } from '../../src/guard/inspect.ts';
import type { Exchange } from '../../src/kong/exchange.ts';
import type { PhaseEnd } from '../../src/kong/phase.ts';
import { announcesBody, contextFromMark, type RequestContext, readCaller } from '../shared/context.ts';
import { BODY_HEADERS, exitWith, logFailure } from '../shared/ending.ts';
import { refuseHead } from '../shared/request-head.ts';
import type { GuardWatch } from './guard-watch.ts';
import { NAME } from './name.ts';

/** In access there is no answer yet; but what would keep Kong from buffering it is refused here. */
export async function guardAccess(exchange: Exchange): Promise<PhaseEnd> {
  const seenByRequestLeg = await contextFromMark(exchange);
  const refused = seenByRequestLeg ? undefined : refuseHead(await exchange.requestHeaders());
  return refused ? exitWith(refused) : { kind: 'pass' };
}

export async function guardResponse(guard: Guard, watch: GuardWatch, exchange: Exchange): Promise<PhaseEnd> {
  const { caller, path, hadBody } = (await contextFromMark(exchange)) ?? (await readContext(guard, exchange));
  const status = await exchange.answerStatus();
  const headers = await exchange.answerHeaders();
  const bytes = await exchange.answerBody();
  const answer = { bytes, encoding: headers.get('content-encoding'), path, status, requestHadBody: hadBody };
  const decision = await inspectAnswer(guard, answer, caller);
  await logFailure(exchange, NAME, decision);
  await watch.look(exchange, caller.service);
  const clear = BODY_HEADERS.filter((name) => headers.get(name) !== undefined);
  if ('rejection' in decision) return exitWith(decision.rejection, clear);
  if (decision.outcome === 'redacted')
    return { kind: 'exit', status, body: decision.body, headers: {}, clear };
  return { kind: 'pass', mark: { key: MARKS.response, value: '1' } };
}

/** Without the request plugin on the route, this leg asks Kong itself. */
async function readContext(guard: Guard, exchange: Exchange): Promise<RequestContext> {
  const headers = await exchange.requestHeaders();
  const path = await exchange.requestPath();
  const caller = await readCaller(exchange);
  const hadBody =
    announcesBody(headers) || (await exchange.requestBody(guard.config.max_body_size)).length > 0;
  return { caller, path, hadBody };
}
