/** The response leg: each answer before it goes to the client. */
import { decodeBody } from '../../src/body/content-encoding.ts';
import { parseJson } from '../../src/body/json/document.ts';
import { MARKS } from '../../src/config/guard-plugin.ts';
import { type Guard, inspectAnswer } from '../../src/guard/inspect.ts';
import type { Exchange } from '../../src/kong/exchange.ts';
import type { PhaseEnd } from '../../src/kong/phase.ts';
import { asksForStream } from '../../src/wire/asks-for-stream.ts';
import { announcesBody, contextFromMark, type RequestContext, readCaller } from '../shared/context.ts';
import { BODY_HEADERS, exitWith, logFailure } from '../shared/ending.ts';
import { refuseHead } from '../shared/request-head.ts';
import type { GuardWatch } from './guard-watch.ts';
import { NAME } from './name.ts';

/** In access there is no answer yet; but what would keep Kong from buffering it is refused here. */
export async function guardAccess(guard: Guard, exchange: Exchange): Promise<PhaseEnd> {
  const context = await contextFromMark(exchange);
  if (!context) {
    const refused = refuseHead(await exchange.requestHeaders());
    if (refused) return exitWith(refused);
  }
  if (guard.config.guard_streaming_response) return { kind: 'pass' };
  if (!(context?.asksForStream ?? (await bodyAsksForStream(guard, exchange)))) return { kind: 'pass' };
  await exchange.passUnbuffered();
  return { kind: 'pass', mark: MARK };
}

const MARK = { key: MARKS.response, value: '1' };

/** Without the request plugin on the route, nobody has read the body yet. */
async function bodyAsksForStream(guard: Guard, exchange: Exchange): Promise<boolean> {
  const { config } = guard;
  const headers = await exchange.requestHeaders();
  if (Number(headers.get('content-length') ?? 0) > config.max_body_size) return false;
  const bytes = await exchange.requestBody(config.max_body_size);
  const decoded = await decodeBody(bytes, headers.get('content-encoding'), config.max_body_size);
  const parsed = decoded.ok ? parseJson(decoded.bytes) : undefined;
  return asksForStream(parsed?.ok ? parsed.document.value : undefined, await exchange.requestPath());
}

export async function guardResponse(guard: Guard, watch: GuardWatch, exchange: Exchange): Promise<PhaseEnd> {
  const { caller, path, hadBody } = (await contextFromMark(exchange)) ?? (await readContext(guard, exchange));
  const status = await exchange.answerStatus();
  const headers = await exchange.answerHeaders();
  const bytes = await exchange.answerBody();
  const answer = {
    bytes,
    encoding: headers.get('content-encoding'),
    contentType: headers.get('content-type'),
    path,
    status,
    requestHadBody: hadBody,
  };
  const decision = await inspectAnswer(guard, answer, caller);
  await logFailure(exchange, NAME, decision);
  await watch.look(exchange, caller.service);
  const clear = BODY_HEADERS.filter((name) => headers.get(name) !== undefined);
  if ('rejection' in decision) return exitWith(decision.rejection, clear);
  if (decision.outcome === 'redacted')
    return { kind: 'exit', status, body: decision.body, headers: {}, clear };
  return { kind: 'pass', mark: MARK };
}

/** Without the request plugin on the route, this leg asks Kong itself. */
async function readContext(guard: Guard, exchange: Exchange): Promise<Omit<RequestContext, 'asksForStream'>> {
  const headers = await exchange.requestHeaders();
  const path = await exchange.requestPath();
  const caller = await readCaller(exchange);
  const hadBody =
    announcesBody(headers) || (await exchange.requestBody(guard.config.max_body_size)).length > 0;
  return { caller, path, hadBody };
}
