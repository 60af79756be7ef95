/**
 * The closed request schema of guard_chat_completions, with AIDR's own validation errors.
 *
 * Where versions of the specification differ, the union of their fields is accepted. Two refusals come from users'
 * reports and not from the specification: an empty list of messages, and parts that are neither text nor image.
 */
import { z } from 'zod';
import { isObject, type JsonObject } from './json.ts';
import { errorsOf, problem, type ValidationError } from './validation.ts';

const EVENT_TYPES = ['input', 'output', 'tool_input', 'tool_output', 'tool_listing'] as const;

const Part = z.discriminatedUnion('type', [
  z.looseObject({ type: z.literal('text'), text: z.string() }),
  z.looseObject({ type: z.literal('image_url'), image_url: z.looseObject({ url: z.string() }) }),
]);

/** Unknown roles count as user; `content: null` is what an assistant turn with only tool calls has. */
const Message = z
  .looseObject({ role: z.string(), content: z.union([z.string(), z.null(), z.array(Part)]) })
  .check(({ value, issues }) => {
    if (value.content === null && !Array.isArray(value.tool_calls))
      issues.push(problem('InvalidString', ['content'], 'content must be a string'));
  });

const GuardInput = z.looseObject({
  messages: z.array(Message).optional(),
  choices: z.array(z.looseObject({})).optional(),
  tools: z.array(z.looseObject({})).optional(),
});

const unique = (values: readonly unknown[]) =>
  new Set(values.map((value) => JSON.stringify(value))).size === values.length;

const McpTools = z
  .array(
    z.strictObject({
      server_name: z.string().min(1),
      tools: z
        .array(z.string().min(1))
        .min(1)
        .check(({ value, issues }) => {
          if (!unique(value)) issues.push(problem('ItemNotUnique', [], 'items must be unique'));
        }),
    }),
  )
  .check(({ value, issues }) => {
    if (!unique(value)) issues.push(problem('ItemNotUnique', [], 'items must be unique'));
  });

const ExtraInfo = z.looseObject({
  app_name: z.string().optional(),
  app_group: z.string().optional(),
  app_version: z.string().optional(),
  actor_name: z.string().optional(),
  actor_group: z.string().optional(),
  user_name: z.string().optional(),
  user_group: z.string().optional(),
  source_region: z.string().optional(),
  sub_tenant: z.string().optional(),
  mcp_tools: McpTools.optional(),
});

const GuardRequest = z
  .strictObject({
    guard_input: GuardInput,
    event_type: z.enum(EVENT_TYPES).default('input'),
    app_id: z.string().optional(),
    user_id: z.string().optional(),
    llm_provider: z.string().optional(),
    model: z.string().optional(),
    model_version: z.string().optional(),
    source_ip: z.string().optional(),
    source_location: z.string().optional(),
    tenant_id: z.string().optional(),
    span_id: z.string().optional(),
    collector_instance_id: z.string().optional(),
    input_fpe_context: z.base64().optional(),
    extra_info: ExtraInfo.optional(),
    session_id: z.string().max(256).optional(),
    conversation_id: z.string().max(256).optional(),
    image_file_name: z.string().max(512).optional(),
    process_sha256: z.string().max(128).optional(),
    process_tags: z.array(z.string()).optional(),
    agent_type: z.enum(['code-assistant', 'chatbot', 'subagent']).optional(),
    is_agent: z.boolean().optional(),
    process_id: z.string().max(128).optional(),
    hostname: z.string().max(253).optional(),
    domain: z.string().max(253).optional(),
  })
  .check(({ value, issues }) => {
    const { messages, choices, tools } = value.guard_input;
    if (value.event_type === 'tool_listing') {
      if (!tools) issues.push(problem('FieldRequired', ['guard_input', 'tools'], 'tools is required'));
    } else if (!messages?.length && !choices && !tools)
      issues.push(
        messages
          ? problem('BelowMinItems', ['guard_input', 'messages'], 'messages must not be empty')
          : problem('FieldRequired', ['guard_input', 'messages'], 'messages is required'),
      );
  });

export type Validated =
  | {
      readonly ok: true;
      readonly eventType: string;
      readonly guardInput: JsonObject;
      readonly fpeContext: string | undefined;
    }
  | { readonly ok: false; readonly errors: ValidationError[] };

/** Checks a parsed body. The guard_input comes back as it was sent, member for member. */
export function validate(body: unknown): Validated {
  const checked = GuardRequest.safeParse(body);
  if (checked.success && isObject(body) && isObject(body.guard_input))
    return {
      ok: true,
      eventType: checked.data.event_type,
      guardInput: body.guard_input,
      fpeContext: checked.data.input_fpe_context,
    };
  return { ok: false, errors: errorsOf(checked.error?.issues ?? [], body) };
}
