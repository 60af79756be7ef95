/** What AIDR is told about the caller and the model. */
import type { GuardMetadata } from '../../aidr/request.ts';
import { PROVIDER_DISPLAY_NAMES } from '../../config/api-uri.ts';
import type { AnyConfig } from '../../config/mcp-schema.ts';
import type { HeaderMetadata } from './header-metadata.ts';

/** What Kong knows of the caller. */
export interface Caller {
  /** Which of Kong's consumers was authenticated: no two have the same word. */
  consumer?: string | undefined;
  /** The authenticated consumer's username, else its custom id, else the credential's id. */
  user?: string | undefined;
  /** Address of the client, behind the proxies that Kong trusts. */
  sourceIp?: string | undefined;
  /** Name of the Kong service. */
  service?: string | undefined;
  /** Name of the Kong route, or its id if it has none, where that is known. */
  route?: string | undefined;
  /** The names of the consumer groups that Kong found, in one text. */
  groups?: string | undefined;
  /** Kong's own id of the request. */
  requestId?: string | undefined;
  /** The span of which those of this request are children, as a `traceparent` that is well-formed. */
  traceparent?: string | undefined;
  /** What the request's headers say, as far as they may. */
  fromHeaders?: HeaderMetadata | undefined;
}

/** A longer name is not the name of a model: it would be content smuggled into metadata. */
const MAX_MODEL_LENGTH = 128;

/** @returns undefined for what no model is called */
export function modelName(found: string | undefined): string | undefined {
  return found !== undefined && found !== '' && found.length <= MAX_MODEL_LENGTH ? found : undefined;
}

/**
 * @param model what the body or the path names
 * @returns the headers' word before the configuration's, and both before what Kong says of groups
 */
export function guardMetadata(config: AnyConfig, caller: Caller, model: string | undefined): GuardMetadata {
  const { user_name: userName, user_group: userGroup, ...told } = caller.fromHeaders ?? {};
  return withoutUndefined({
    source_ip: caller.sourceIp,
    app_id: config.app_id,
    user_id: caller.user ?? config.user_id,
    ...modelMetadata(config, model),
    source_location: config.source_location,
    tenant_id: config.tenant_id,
    collector_instance_id: config.collector_instance_id,
    session_id: config.session_id,
    conversation_id: config.conversation_id,
    hostname: config.hostname,
    agent_type: config.agent_type,
    is_agent: config.is_agent,
    ...told,
    extra_info: {
      ...(caller.service ? { app_name: caller.service } : {}),
      ...(caller.groups ? { user_group: caller.groups } : {}),
      ...(caller.requestId ? { kong_request_id: caller.requestId } : {}),
      ...config.extra_info,
      ...(userName ? { user_name: userName } : {}),
      ...(userGroup ? { user_group: userGroup } : {}),
    },
  });
}

/** The plugin for MCP knows of no provider, and of a model only what the messages say. */
function modelMetadata(config: AnyConfig, model: string | undefined) {
  if (!('upstream_llm' in config)) return { model: modelName(model) };
  return {
    llm_provider: config.llm_provider ?? PROVIDER_DISPLAY_NAMES[config.upstream_llm.provider],
    model: config.model ?? modelName(model),
    model_version: config.model_version,
  };
}

function withoutUndefined(
  fields: { [Name in keyof GuardMetadata]: GuardMetadata[Name] | undefined },
): GuardMetadata {
  const defined: Record<string, unknown> = {};
  for (const name in fields) {
    const value = fields[name as keyof GuardMetadata];
    if (value !== undefined) defined[name] = value;
  }
  return defined;
}
