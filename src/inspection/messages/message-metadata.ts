/** What AIDR is told beside the texts of messages. */
import type { EventType, GuardMetadata } from '../../aidr/request.ts';
import type { McpConfig } from '../../config/mcp-schema.ts';
import type { ToolDefinition } from '../../formats/segment.ts';
import { type Caller, guardMetadata } from '../calls/metadata.ts';

/** @param model that a message of sampling names */
export function messageMetadata(
  config: McpConfig,
  caller: Caller,
  event: EventType,
  model: string | undefined,
  tools: readonly ToolDefinition[],
): GuardMetadata & { event_type: EventType } {
  const metadata = guardMetadata(config, caller, model);
  const { extra_info: extra } = metadata;
  const name = extra?.user_name ?? caller.user ?? config.user_name;
  const listed = event === 'tool_listing' ? toolsOf(caller.service, tools) : undefined;
  return {
    event_type: event,
    ...metadata,
    extra_info: {
      ...extra,
      ...(name === undefined ? {} : { user_name: name }),
      ...(listed ? { mcp_tools: [listed] } : {}),
    },
  };
}

/** AIDR wants a name of the server, and each tool once; Kong's service is the name that an operator knows. */
function toolsOf(service: string | undefined, tools: readonly ToolDefinition[]) {
  const names = [...new Set(tools.map(({ name }) => name))].filter((name) => name !== '');
  return names.length > 0 ? { server_name: service ?? 'mcp', tools: names } : undefined;
}
