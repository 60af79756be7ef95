/**
 * The body of `POST {base}/v1/guard_chat_completions`. AIDR's schema is closed: a key that it does not know is a
 * validation error, so only these are ever sent.
 */

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
export interface GuardMetadata {
  app_id?: string;
  user_id?: string;
  llm_provider?: string;
  model?: string;
  model_version?: string;
  source_ip?: string;
  source_location?: string;
  tenant_id?: string;
  collector_instance_id?: string;
  extra_info?: Record<string, string>;
}

export interface GuardRequest extends GuardMetadata {
  event_type: 'input' | 'output';
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

export function requestJson(request: GuardRequest): string {
  const { guard_input: input, ...others } = request;
  if (!(input instanceof Serialised)) return JSON.stringify(request);
  return `${JSON.stringify(others).slice(0, -1)},"guard_input":${input.json}}`;
}
