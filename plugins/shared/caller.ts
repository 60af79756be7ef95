/** What is known of a request beside its body, and how the response plugin learns it where the request plugin is not. */

import { cutTo, HEADER_FIELD_LIMITS } from '../../src/config/metadata-fields.ts';
import { consumerKey } from '../../src/inspection/caller-key.ts';
import { headerMetadata } from '../../src/inspection/calls/header-metadata.ts';
import type { Caller } from '../../src/inspection/calls/metadata.ts';
import type { InspectionRequest } from '../../src/inspection/inspector.ts';
import { announcesBody, type HeaderLookup } from '../../src/inspection/request-head.ts';
import type { KongRequest, RequestFacts } from '../../src/kong/kong-request.ts';
import { parentOf } from '../../src/tracing/trace-context.ts';
import type { AnyInstance } from './instance.ts';
import type { RequestContext } from './request-context.ts';

/** Without the request plugin on the route, the response plugin asks Kong itself; only an announced body counts. */
async function readContext(instance: AnyInstance, kongRequest: KongRequest): Promise<RequestContext> {
  const facts = await kongRequest.facts();
  const caller = await callerOf(instance, kongRequest, facts);
  const { id: inspector } = instance.inspector;
  return { caller, inspector, path: facts.path, hadBody: announcesBody(facts.headers), encryptions: [] };
}

/** Over HTTP/2 nobody has to announce a body. */
export async function readContextAndBody(
  instance: AnyInstance,
  kongRequest: KongRequest,
): Promise<RequestContext> {
  const context = await readContext(instance, kongRequest);
  if (context.hadBody) return context;
  const body = await kongRequest.requestBody(instance.maxUnannounced);
  return { ...context, hadBody: body.length > 0 };
}

type KnownOfCaller = Omit<RequestFacts, 'path' | 'headers'> & { headers: HeaderLookup };

export async function callerOf(
  instance: AnyInstance,
  kongRequest: KongRequest,
  known: KnownOfCaller,
): Promise<Caller> {
  const service = known.service ?? { name: await instance.serviceName(kongRequest) };
  return callerAmong(instance, { ...known, service });
}

/** With the name of the service, which is known. */
export function callerAmong(
  { inspector }: Pick<AnyInstance, 'inspector'>,
  known: KnownOfCaller & Required<Pick<KnownOfCaller, 'service'>>,
): Caller {
  const { headers, consumer, credentialId, groups, forwardedIp: sourceIp, service, route, requestId } = known;
  const { kongSpan } = known;
  const { username, customId } = consumer ?? {};
  return {
    ...(consumer ? { consumer: consumerKey(consumer) } : {}),
    user: username ?? customId ?? credentialId,
    sourceIp,
    service: service.name,
    route,
    groups: groups && cutTo(groups, HEADER_FIELD_LIMITS.user_group),
    requestId,
    traceparent: parentOf(headers.get('traceparent'), kongSpan),
    fromHeaders: headerMetadata(inspector.config, (name) => headers.get(name)),
  };
}

/** For what Kong waits for: its vault can be asked meanwhile, and it may have to end early. */
export function inspectionRequestOf(kongRequest: KongRequest, caller: Caller): InspectionRequest {
  const { revocation } = kongRequest;
  const vault = (reference: string) => kongRequest.secret(reference);
  return { caller, vault, ...(revocation ? { signal: revocation } : {}) };
}
