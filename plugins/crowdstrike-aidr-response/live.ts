/**
 * Live mode: in access, Kong is told to send the request to the relay, which answers for the response plugin from then
 * on. If the relay is gone, Kong answers with 502, and nothing passes.
 */

import { failure, overloaded } from '../../src/inspection/refusal/rejection.ts';
import { MARKERS } from '../../src/kong/guard-plugin.ts';
import type { KongRequest } from '../../src/kong/kong-request.ts';
import type { PhaseResult } from '../../src/kong/phase.ts';
import { TICKET_HEADER } from '../../src/live/headers.ts';
import { relayOfProcess } from '../../src/live/relay.ts';
import type { Admission } from '../../src/live/relayed.ts';
import type { Upstream } from '../../src/live/upstream.ts';
import { readContext } from '../shared/caller.ts';
import type { Instance } from '../shared/instance.ts';
import { exitWith, replyIn } from '../shared/phase-results.ts';
import type { RequestContext } from '../shared/request-context.ts';
import { UPSTREAM_MARKER } from './markers.ts';
import { NotRelayable, upstreamOf } from './upstream.ts';

/** Milliseconds that Kong waits longer for the relay than the relay for the upstream: the relay's own answer is better. */
const KONG_WAITS_LONGER = 5_000;

/**
 * @param context what the request plugin left, if it was there
 * @param asksForStream whether the answer was asked for as a stream: whole ones ai-proxy translates in a buffer only
 */
export async function relayAnswer(
  instance: Instance,
  kongRequest: KongRequest,
  context: RequestContext | undefined,
  asksForStream: () => Promise<boolean>,
  began: number,
): Promise<PhaseResult> {
  const { inspector } = instance;
  // The relay runs outside a phase, where no vault can be asked.
  await inspector.aidr.followKey((reference) => kongRequest.secret(reference));
  const isBesideAiProxy = await kongRequest.isBesideAiProxy();
  let upstream: Upstream;
  try {
    upstream = await upstreamOf(kongRequest, isBesideAiProxy, inspector.config.upstream_url);
  } catch (error) {
    if (!(error instanceof NotRelayable)) throw error;
    await instance.lines.write(kongRequest, { level: 'err', text: error.message });
    const refused = failure('response', { class: 'internal', detail: '', hint: error.message });
    const path = context?.path ?? (await kongRequest.requestPath());
    return exitWith(await replyIn(instance, kongRequest, refused, { path }));
  }
  const { relay, port } = await relayOfProcess();
  const admission = await admissionOf(instance, kongRequest, context, upstream, isBesideAiProxy);
  const ticket = relay.tickets.issue(admission);
  if (ticket === undefined)
    return exitWith(await replyIn(instance, kongRequest, overloaded('response'), admission));
  const { connectTimeout, readTimeout } = upstream;
  const patience = readTimeout + inspector.config.timeout + KONG_WAITS_LONGER;
  await kongRequest.setTimeouts(connectTimeout, patience, patience);
  await kongRequest.sendTo('127.0.0.1', port, { name: TICKET_HEADER, value: ticket });
  if (!isBesideAiProxy || (await asksForStream())) await kongRequest.passUnbuffered();
  await kongRequest.share(MARKERS.relayed, '1');
  const { record } = await instance.reportRelayed(kongRequest, {
    began,
    requestId: context?.caller.requestId,
  });
  return { kind: 'pass', marker: UPSTREAM_MARKER, record };
}

async function admissionOf(
  instance: Instance,
  kongRequest: KongRequest,
  context: RequestContext | undefined,
  upstream: Upstream,
  isBesideAiProxy: boolean,
): Promise<Admission> {
  // What bytes come without being announced, the relay sees itself.
  const known = context ?? (await readContext(instance, kongRequest));
  return {
    upstream,
    inspector: instance.relayInspector,
    caller: known.caller,
    path: known.path,
    client: {
      isTranslated: isBesideAiProxy,
      ...(known.prompt ? { formats: known.prompt.formats } : {}),
      ...(known.asksForStream === undefined ? {} : { asksForStream: known.asksForStream }),
    },
    hadBody: known.hadBody,
    carryOver: { encryptions: known.encryptions, ...(known.history ? { history: known.history } : {}) },
    isAudit: instance.isAudit,
    report: (ended, tookMs) => instance.reportAfterwards(ended, tookMs, known.caller.requestId),
    reportDropped: () => instance.reportDropped(),
    reportBroken: () => instance.reportBroken(),
    warn: (text) => instance.lines.add({ level: 'err', text }),
  };
}
