/** The response leg: each answer before it goes to the client. */
import { BODY_HEADERS } from '../../src/body/body-headers.ts';
import { decodeBody } from '../../src/body/content-encoding.ts';
import { parseJson } from '../../src/body/json/document.ts';
import { MARKS } from '../../src/config/guard-plugin.ts';
import { refuseUnsendable } from '../../src/guard/enforcement.ts';
import { noFacts } from '../../src/guard/facts.ts';
import type { Guard, Inspection } from '../../src/guard/guard.ts';
import { inspectAnswer } from '../../src/guard/inspect-answer.ts';
import type { Exchange } from '../../src/kong/exchange.ts';
import type { PhaseEnd } from '../../src/kong/phase.ts';
import { asksForStream } from '../../src/wire/asks-for-stream.ts';
import { contextFromMark, type RequestContext, readContext } from '../shared/context.ts';
import { exitWith } from '../shared/ending.ts';
import type { Instance } from '../shared/instance.ts';
import { refuseHead } from '../shared/request-head.ts';
import type { GuardWatch } from './guard-watch.ts';
import { relayAnswer } from './live.ts';
import { RESPONSE_MARK } from './mark.ts';
import { wayOut } from './way-out.ts';

/** In access there is no answer yet; but what would keep Kong from buffering it is refused here. */
export async function guardAccess(instance: Instance, exchange: Exchange): Promise<PhaseEnd> {
  const began = performance.now();
  const { guard, isAudit } = instance;
  const context = await contextFromMark(exchange);
  if (!context) {
    const refused = refuseHead(await exchange.requestHeaders(), isAudit);
    if (refused) {
      await instance.report(
        exchange,
        { decision: { outcome: 'blocked', rejection: refused }, facts: noFacts() },
        began,
      );
      return exitWith(refused);
    }
  }
  const isLive = guard.config.response_mode === 'live';
  const streamsPass = !guard.config.guard_streaming_response || (isAudit && !isLive);
  const isStreamAsked = async () => context?.asksForStream ?? (await bodyAsksForStream(guard, exchange));
  if (streamsPass && (await isStreamAsked())) {
    await exchange.passUnbuffered();
    await instance.report(exchange, UNBUFFERED, began);
    return { kind: 'pass', mark: RESPONSE_MARK };
  }
  return isLive ? relayAnswer(instance, exchange, context, isStreamAsked, began) : { kind: 'pass' };
}

/** An audit waits for nothing, so it does not keep a stream from flowing. */
const UNBUFFERED: Inspection = {
  decision: { outcome: 'skipped', why: 'streamed answers pass unbuffered on this route' },
  facts: { ...noFacts(), streamed: true },
};

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

export async function guardResponse(
  instance: Instance,
  watch: GuardWatch,
  exchange: Exchange,
): Promise<PhaseEnd> {
  const began = performance.now();
  const isLive = instance.guard.config.response_mode === 'live';
  // A later plugin may have turned buffering on again.
  if (isLive && (await exchange.shared(MARKS.relayed)) !== undefined)
    return { kind: 'pass', mark: RESPONSE_MARK };
  const context = (await contextFromMark(exchange)) ?? (await readContextAndBody(instance, exchange));
  const { caller, path, hadBody } = context;
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
  await watch.look(exchange, caller.service);
  if (instance.isAudit) {
    // What an audit lets pass was vetted by nobody.
    const { history: _, ...unvetted } = context;
    const inspect = () => inspectAnswer(instance.guard, answer, { caller }, unvetted);
    await instance.reportLater(exchange, bytes.length, began, inspect, context.exposed);
    return { kind: 'pass', mark: RESPONSE_MARK };
  }
  const inquiry = { caller, vault: (reference: string) => exchange.secret(reference) };
  const inspection = await inspectAnswer(instance.guard, answer, inquiry, context);
  const { decision: changed, facts } = inspection;
  const body = 'body' in changed ? changed.body : undefined;
  const way = body && (await wayOut(exchange, context.prompt, { body, status, headers }, facts));
  const decision = way?.kind === 'none' ? refuseUnsendable('response', way.hint) : changed;
  await instance.report(exchange, { decision, facts }, began, context.exposed);
  const clear = BODY_HEADERS.filter((name) => headers.get(name) !== undefined);
  if ('rejection' in decision) return exitWith(decision.rejection, clear);
  if (way?.kind === 'replace') {
    // ai-proxy sees to the coding.
    return { ...way, clear: clear.filter((name) => name !== 'content-encoding'), mark: RESPONSE_MARK };
  }
  return body ? { kind: 'exit', status, body, headers: {}, clear } : { kind: 'pass', mark: RESPONSE_MARK };
}

/** Over HTTP/2 nobody has to announce a body. */
async function readContextAndBody(instance: Instance, exchange: Exchange): Promise<RequestContext> {
  const context = await readContext(instance, exchange);
  const { max_body_size: max } = instance.guard.config;
  return { ...context, hadBody: context.hadBody || (await exchange.requestBody(max)).length > 0 };
}
