/** The response leg: each answer before it goes to the client. */
import { BODY_HEADERS } from '../../src/body/body-headers.ts';
import { decodeBody } from '../../src/body/content-encoding.ts';
import { ANY_EXIT, MARKS, NO_EXIT } from '../../src/config/guard-plugin.ts';
import { callerKey } from '../../src/guard/caller-key.ts';
import type { Decision } from '../../src/guard/decision.ts';
import { refuseUnsendable } from '../../src/guard/enforcement.ts';
import { noFacts } from '../../src/guard/facts.ts';
import type { Inspection } from '../../src/guard/guard.ts';
import { noRoom } from '../../src/guard/no-room.ts';
import type { Exchange } from '../../src/kong/exchange.ts';
import type { PhaseEnd } from '../../src/kong/phase.ts';
import { inspectAnswer, promptAsksForStream } from '../../src/workers/inspect.ts';
import { contextFromMark, inquiryOf, readContextAndBody } from '../shared/context.ts';
import { exitWith } from '../shared/ending.ts';
import type { Instance } from '../shared/instance.ts';
import { refuseHead } from '../shared/request-head.ts';
import type { GuardWatch } from './guard-watch.ts';
import { relayAnswer } from './live.ts';
import { RESPONSE_MARK, UPSTREAM_MARK } from './mark.ts';
import { wayOut } from './way-out.ts';

/** In access there is no answer yet; but what would keep Kong from buffering it is refused here. */
export async function guardAccess(instance: Instance, exchange: Exchange): Promise<PhaseEnd> {
  const began = performance.now();
  const { guard, isAudit } = instance;
  const context = contextFromMark(await exchange.expectAnswer(isAudit ? ANY_EXIT : NO_EXIT));
  if (!context) {
    const refused = refuseHead(await exchange.requestHeaders(), isAudit);
    if (refused) {
      const decision: Decision = { outcome: 'blocked', rejection: refused };
      const { record } = await instance.report(exchange, { decision, facts: noFacts() }, began);
      return { ...exitWith(refused), record };
    }
  }
  const isLive = guard.config.response_mode === 'live';
  const streamsPass = !guard.config.guard_streaming_response || (isAudit && !isLive);
  const isStreamAsked = async () => context?.asksForStream ?? (await bodyAsksForStream(instance, exchange));
  if (streamsPass && (await isStreamAsked())) {
    await exchange.passUnbuffered();
    const { record } = await instance.report(exchange, UNBUFFERED, began);
    return { kind: 'pass', mark: UPSTREAM_MARK, record };
  }
  return isLive ? relayAnswer(instance, exchange, context, isStreamAsked, began) : { kind: 'pass' };
}

/** An audit waits for nothing, so it does not keep a stream from flowing. */
const UNBUFFERED: Inspection = {
  decision: { outcome: 'skipped', why: 'streamed answers pass unbuffered on this route' },
  facts: { ...noFacts(), streamed: true },
};

/** Without the request plugin on the route, nobody has read the body yet. */
async function bodyAsksForStream(instance: Instance, exchange: Exchange): Promise<boolean> {
  const { config, id } = instance.guard;
  const max = config.max_body_size;
  const { headers, path, body } = await exchange.prompt(max, instance.maxUnannounced);
  if (!body) return false;
  const decoded = await decodeBody(body, headers.get('content-encoding'), max);
  // Who asks is not known yet, either.
  return promptAsksForStream(decoded.ok ? decoded.bytes : new Uint8Array(), path, callerKey({}, id));
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
  const { status, headers, body: bytes, promptMark, isGuarded } = await exchange.answer();
  const context = contextFromMark(promptMark) ?? (await readContextAndBody(instance, exchange));
  const { caller, path, hadBody } = context;
  const answer = {
    bytes,
    encoding: headers.get('content-encoding'),
    contentType: headers.get('content-type'),
    path,
    status,
    requestHadBody: hadBody,
  };
  await watch.look(exchange, caller.service, isGuarded);
  if (instance.isAudit) {
    // What an audit lets pass was vetted by nobody.
    const { history: _, ...unvetted } = context;
    const audit = {
      caller: callerKey(caller, instance.guard.id),
      bytes: bytes.length,
      inspect: (signal: AbortSignal) => inspectAnswer(instance.guard, answer, { caller, signal }, unvetted),
    };
    const { record } = await instance.reportLater(exchange, audit, began, context.exposed);
    return { kind: 'pass', mark: RESPONSE_MARK, record };
  }
  const inspection = exchange.chargeBodies(callerKey(caller, instance.guard.id))
    ? await inspectAnswer(instance.guard, answer, inquiryOf(exchange, caller), context)
    : { decision: noRoom('response'), facts: noFacts(bytes.length) };
  const { decision: changed, facts } = inspection;
  const body = 'body' in changed ? changed.body : undefined;
  const way = body && (await wayOut(exchange, context.prompt, { body, status, headers }, facts));
  const decision = way?.kind === 'none' ? refuseUnsendable('response', way.hint) : changed;
  const { record } = await instance.report(exchange, { decision, facts }, began, context.exposed);
  const clear = BODY_HEADERS.filter((name) => headers.get(name) !== undefined);
  if ('rejection' in decision) return { ...exitWith(decision.rejection, clear), record };
  if (way?.kind === 'replace') {
    // ai-proxy sees to the coding.
    const cleared = clear.filter((name) => name !== 'content-encoding');
    return { ...way, clear: cleared, mark: RESPONSE_MARK, record };
  }
  if (body) return { kind: 'exit', status, body, headers: {}, clear, record };
  return { kind: 'pass', mark: RESPONSE_MARK, record };
}
