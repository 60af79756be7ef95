/**
 * Live mode: in access, Kong is told to send the request to the relay, which answers for the response leg from then
 * on. If the relay is gone, Kong answers with 502, and nothing passes.
 */
import { MARKS } from '../../src/config/guard-plugin.ts';
import { failure, overloaded } from '../../src/guard/rejection.ts';
import type { Exchange } from '../../src/kong/exchange.ts';
import type { PhaseEnd } from '../../src/kong/phase.ts';
import { TICKET_HEADER } from '../../src/relay/headers.ts';
import { relayOfProcess } from '../../src/relay/relay.ts';
import type { Admission } from '../../src/relay/relayed.ts';
import type { Upstream } from '../../src/relay/upstream.ts';
import { type RequestContext, readContext } from '../shared/context.ts';
import { exitWith } from '../shared/ending.ts';
import type { Instance } from '../shared/instance.ts';
import { UPSTREAM_MARK } from './mark.ts';
import { NotRelayable, upstreamOf } from './upstream.ts';

/** Milliseconds that Kong waits longer for the relay than the relay for the upstream: the relay's own answer is better. */
const KONG_WAITS_LONGER = 5_000;

/**
 * @param context what the request leg left, if it was there
 * @param asksForStream whether the answer was asked for as a stream: whole ones ai-proxy translates in a buffer only
 */
export async function relayAnswer(
  instance: Instance,
  exchange: Exchange,
  context: RequestContext | undefined,
  asksForStream: () => Promise<boolean>,
  began: number,
): Promise<PhaseEnd> {
  const { guard } = instance;
  // The relay runs outside a phase, where no vault can be asked.
  await guard.aidr.followKey((reference) => exchange.secret(reference));
  const isBesideAiProxy = await exchange.isBesideAiProxy();
  let upstream: Upstream;
  try {
    upstream = await upstreamOf(exchange, isBesideAiProxy, guard.config.upstream_url);
  } catch (error) {
    if (!(error instanceof NotRelayable)) throw error;
    await instance.lines.write(exchange, { level: 'err', text: error.message });
    return exitWith(failure('response', { class: 'internal', detail: '', hint: error.message }));
  }
  const { relay, port } = await relayOfProcess();
  const ticket = relay.tickets.issue(await admissionOf(instance, exchange, context, upstream));
  if (ticket === undefined) return exitWith(overloaded('response'));
  const { connectTimeout, readTimeout } = upstream;
  const patience = readTimeout + guard.config.timeout + KONG_WAITS_LONGER;
  await exchange.setTimeouts(connectTimeout, patience, patience);
  await exchange.sendTo('127.0.0.1', port, { name: TICKET_HEADER, value: ticket });
  if (!isBesideAiProxy || (await asksForStream())) await exchange.passUnbuffered();
  await exchange.share(MARKS.relayed, '1');
  const { record } = await instance.reportRelayed(exchange, began);
  return { kind: 'pass', mark: UPSTREAM_MARK, record };
}

async function admissionOf(
  instance: Instance,
  exchange: Exchange,
  context: RequestContext | undefined,
  upstream: Upstream,
): Promise<Admission> {
  // What bytes come without being announced, the relay sees itself.
  const known = context ?? (await readContext(instance, exchange));
  return {
    upstream,
    guard: instance.relayGuard,
    caller: known.caller,
    path: known.path,
    hadBody: known.hadBody,
    legacy: { encryptions: known.encryptions, ...(known.history ? { history: known.history } : {}) },
    isAudit: instance.isAudit,
    report: (ended, tookMs) => instance.reportAfterwards(ended, tookMs),
    reportDropped: () => instance.reportDropped(),
    reportBroken: () => instance.reportBroken(),
    warn: (text) => instance.lines.add({ level: 'err', text }),
  };
}
