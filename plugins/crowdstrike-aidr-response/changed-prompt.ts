/**
 * Prompts that other plugins have changed since the request plugin let them pass: templates, decorations, documents. They
 * are inspected once more, as the request plugin would.
 */
import { hash } from 'node:crypto';
import { failure } from '../../src/inspection/refusal/rejection.ts';
import { MARKERS } from '../../src/kong/guard-plugin.ts';
import type { ExpectedAnswer, KongRequest } from '../../src/kong/kong-request.ts';
import type { PhaseResult } from '../../src/kong/phase.ts';
import { inspectRequest } from '../crowdstrike-aidr-request/access.ts';
import type { Instance } from '../shared/instance.ts';
import { exitWith, replyIn } from '../shared/phase-results.ts';
import {
  contextFromMarker,
  EMPTY_REQUEST_MARKER,
  RELAYED_REQUEST_MARKER,
  type RequestContext,
  requestMarker,
  UNREAD_PROMPT,
} from '../shared/request-context.ts';
import { requestInstance } from '../shared/request-instances.ts';
import { runInspection } from '../shared/run-inspection-phase.ts';

/**
 * Inspects the prompt again if it has changed. If that refuses it, this does not come back.
 *
 * @returns what is known of the request by then
 */
export async function currentContext(
  instance: Instance,
  kongRequest: KongRequest,
  expected: ExpectedAnswer,
): Promise<RequestContext | undefined> {
  const { promptMarker } = expected;
  const context = contextFromMarker(promptMarker);
  // Without the request plugin nobody wants prompts inspected; where its audit broke, it has let everything pass.
  if (promptMarker === undefined || promptMarker === EMPTY_REQUEST_MARKER.value) return undefined;
  // The relay reads what is sent.
  if (promptMarker === RELAYED_REQUEST_MARKER.value) return undefined;
  if (!(await hasChanged(instance, kongRequest, expected, context))) return context;
  const original = context && requestInstance(context.inspector);
  // Whoever lets prompts pass unread lets them pass changed.
  if (!original && context?.promptHash === UNREAD_PROMPT) return context;
  const refusing = { direction: 'request', marker: EMPTY_REQUEST_MARKER } as const;
  await runInspection(kongRequest, original ?? instance, refusing, (request) =>
    original ? inspectRequest(original, request) : refuseUnknown(instance, request, context),
  );
  return contextAfter(kongRequest, context);
}

async function hasChanged(
  { inspector: { config }, maxUnannounced }: Instance,
  kongRequest: KongRequest,
  { promptState }: ExpectedAnswer,
  context: RequestContext | undefined,
): Promise<boolean> {
  if (promptState) return promptState === 'changed';
  // ai-proxy has made another body of it in any case.
  if (await kongRequest.isBesideAiProxy()) return false;
  if (context?.promptHash === undefined) return true;
  const body = await kongRequest.currentBody(config.max_body_size, maxUnannounced);
  return body === undefined || hash('sha256', body, 'base64url') !== context.promptHash;
}

/** Both inspections may have encrypted something that the answer repeats. */
async function contextAfter(
  kongRequest: KongRequest,
  before: RequestContext | undefined,
): Promise<RequestContext | undefined> {
  const after = contextFromMarker(await kongRequest.shared(MARKERS.request));
  if (!before || !after || before.encryptions.length === 0) return after;
  const merged = { ...after, encryptions: [...before.encryptions, ...after.encryptions] };
  const { key, value } = requestMarker(merged);
  await kongRequest.share(key, value);
  return merged;
}

/** Kong's own plugin server runs each plugin in a process; and during an upgrade there are two versions. */
async function refuseUnknown(
  instance: Instance,
  kongRequest: KongRequest,
  context: RequestContext | undefined,
): Promise<PhaseResult> {
  const hint = 'another plugin has changed the prompt, and the request plugin is not in this process';
  await instance.lines.write(kongRequest, { level: 'err', text: hint });
  const refused = failure('request', { class: 'internal', detail: '', hint });
  const path = context?.path ?? (await kongRequest.requestPath());
  return exitWith(await replyIn(instance, kongRequest, refused, { path }));
}
