/**
 * The body of `POST {base}/v1/guard_chat_completions`. AIDR's schema is closed: a key that it does not know is a
 * validation error, so only these are ever sent.
 */
import type { AGENT_TYPES } from '../config/metadata-fields.ts';

/** AIDR takes one mebibyte a request, the whole JSON body after encoding. */
export const MAX_REQUEST_BYTES = 1_048_576;

export interface GuardMessage {
  role: string;
  content: string;
}

export interface GuardTool {
  type: 'function';
  function: { name: string; description?: string; parameters?: unknown };
}

export interface GuardInput {
  messages?: GuardMessage[];
  tools?: GuardTool[];
}

/** Who asked what through which gateway; all of it optional for AIDR. */
export interface GuardMetadata extends NewerMetadata {
  app_id?: string;
  user_id?: string;
  llm_provider?: string;
  model?: string;
  model_version?: string;
  source_ip?: string;
  source_location?: string;
  tenant_id?: string;
  collector_instance_id?: string;
  extra_info?: ExtraInfo;
}

export interface ExtraInfo {
  [name: string]: string | McpTools[] | undefined;
  /** With a listing of tools: whose they are. */
  mcp_tools?: McpTools[];
}

/** No list of them is empty, and no name. */
export interface McpTools {
  server_name: string;
  tools: string[];
}

/** What AIDR is asked about. */
export type EventType = 'input' | 'output' | 'tool_input' | 'tool_output' | 'tool_listing';

/** What servers of 2025 do not know (refused-fields.ts). */
interface NewerMetadata {
  session_id?: string;
  conversation_id?: string;
  /** Of distributed tracing; AIDR knows no trace id. */
  span_id?: string;
  /** Where the request comes from. */
  hostname?: string;
  agent_type?: (typeof AGENT_TYPES)[number];
  is_agent?: boolean;
}

export interface GuardRequest extends GuardMetadata {
  event_type: EventType;
  /** AIDR decrypts what this context encrypted before it inspects the texts. */
  input_fpe_context?: string;
  guard_input: GuardInput | Serialised;
}

/** Serialising a megabyte takes milliseconds: what had to be measured in JSON is sent as it was measured. */
export class Serialised {
  readonly json: string;

  constructor(input: GuardInput) {
    this.json = JSON.stringify(input);
  }
}

/** A request in two parts: the small one can still be changed when the large one is JSON already. */
export interface GuardCall {
  metadata: Omit<GuardRequest, 'guard_input'>;
  /** The `guard_input` as JSON. */
  input: string;
}

export function guardCall({ guard_input: input, ...metadata }: GuardRequest): GuardCall {
  return { metadata, input: input instanceof Serialised ? input.json : JSON.stringify(input) };
}

export function guardJson({ metadata, input }: GuardCall): string {
  return `${JSON.stringify(metadata).slice(0, -1)},"guard_input":${input}}`;
}
