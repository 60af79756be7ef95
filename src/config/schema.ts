/**
 * The one schema of the configuration of both plugins for LLM APIs; mcp-schema.ts takes what it shares from here.
 *
 * Kong's schema (kong-schema.ts), the table in docs/configuration.md (reference.ts) and the types are derived from it.
 * Names, types and defaults are a contract with the users of CrowdStrike's Lua plugins: the first block accepts
 * every configuration that those accept.
 */
import * as z from 'zod';
import { allowedApiUrisMessage, isApiUriOf, PROVIDERS } from './api-uri.ts';
import {
  AGENT_TYPES,
  HEADER_FIELDS,
  MAX_HOSTNAME,
  MAX_SESSION_ID,
  SECRET_HEADERS,
} from './metadata-fields.ts';
import { BASE_URL_ERROR, BASE_URL_PATTERNS, isRegion, REGIONS } from './regions.ts';

export type Direction = 'request' | 'response';

/** What the schema says of a field beyond its type. */
export interface FieldMeta {
  /** Shown in Kong's Admin API and in the configuration reference; 10 to 500 characters (Kong's limits). */
  description: string;
  /** The field may hold a `{vault://…}` reference. */
  referenceable?: boolean;
  /** Kong Enterprise encrypts the field at rest. */
  encrypted?: boolean;
  /** Lua patterns, one of which a text has to match, and what is wrong with one that matches none. */
  patterns?: { match: readonly string[]; error: string };
  /** Values that the type would allow. */
  forbidden?: readonly number[];
  /** Only this direction's plugin acts on the field; the other one accepts it and says once that it has no effect. */
  direction?: Direction;
  /** Neither plugin acts on the field; it is there because configurations have it. */
  isUnused?: boolean;
}

export const fieldMeta = z.registry<FieldMeta>();

const nonEmpty = () => z.string().min(1);
export const optionalText = (description: string) =>
  nonEmpty().optional().register(fieldMeta, { description });

/** A phase has 50 s before its request is refused; Kong itself would let it pass after 60. */
const MAX_TIMEOUT_MS = 45_000;
/** Kong's own limit on what it reads for a plugin server is far below; this keeps a typo from meaning "unlimited". */
export const MAX_BODY_BYTES = 268_435_456;

/** More would be `release: end`. */
const MAX_WINDOW_CHARS = 100_000;

const httpUrl = z.url({ protocol: /^https?$/ });

function isRegionOrUrl(text: string): boolean {
  return isRegion(text) || httpUrl.safeParse(text).success;
}

/** The ticket for it must not leave the machine, and a path tells it from the routes of callers. */
function isInternalRoute(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { origin, hostname, pathname, href } = new URL(url);
  const isLocal = hostname === 'localhost' || hostname === '[::1]' || /^127(?:\.\d+){3}$/.test(hostname);
  return isLocal && href === `${origin}${pathname}` && /^(?:\/[\w.-]+)+$/.test(pathname);
}

function isOrigin(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { origin, href } = new URL(url);
  return href === `${origin}/`;
}

/** Anything else cannot be sent in a header. */
export const PRINTABLE_WORD = /^[\x21-\x7e]+$/;

const upstreamLlm = z
  .strictObject({
    provider: z.enum(PROVIDERS).register(fieldMeta, {
      description: 'The API that the clients of this route use.',
    }),
    api_uri: nonEmpty().trim().register(fieldMeta, {
      description: 'The endpoint of that API on this route; `auto` chooses it by request path and body.',
    }),
  })
  .superRefine(({ provider, api_uri }, issues) => {
    if (!isApiUriOf(provider, api_uri)) {
      issues.addIssue({ code: 'custom', path: ['api_uri'], message: allowedApiUrisMessage(provider) });
    }
  });

export const lua = {
  ai_guard_api_key: nonEmpty()
    .trim()
    .regex(PRINTABLE_WORD, 'must be one word of printable ASCII')
    .register(fieldMeta, {
      description: 'Token of the AIDR collector; a {vault://…} reference keeps it out of the configuration.',
      referenceable: true,
      encrypted: true,
    }),
  ai_guard_api_base_url: z
    .string()
    .trim()
    .refine(isRegionOrUrl, BASE_URL_ERROR)
    .default(REGIONS['us-1'])
    .register(fieldMeta, {
      description:
        "Base URL of AIDR's API, as the collector's Config tab shows it, or the region: us-1, us-2, eu-1, us-gov-1, us-gov-2.",
      patterns: { match: BASE_URL_PATTERNS, error: BASE_URL_ERROR },
    }),
  upstream_llm: upstreamLlm.register(fieldMeta, { description: 'The LLM API behind this route.' }),
  app_id: optionalText('Sent to AIDR: id of the source application or agent.'),
  user_id: optionalText(
    "Sent to AIDR if Kong authenticated no consumer; otherwise AIDR gets the consumer's name.",
  ),
  llm_provider: optionalText("Sent to AIDR; default: the provider's display name."),
  model: optionalText('Sent to AIDR; default: the model that the request or answer names.'),
  model_version: optionalText('Sent to AIDR: version of the model.'),
  source_location: optionalText('Sent to AIDR: location of the user, application or agent.'),
  tenant_id: optionalText('Sent to AIDR: tenant, if the gateway serves several.'),
  collector_instance_id: optionalText('Sent to AIDR: label of this deployment.'),
  extra_info: z.record(z.string(), z.string()).optional().register(fieldMeta, {
    description: 'Sent to AIDR: further metadata, merged over {app_name: <service name>}.',
  }),
  recipe: nonEmpty().optional().register(fieldMeta, {
    description: 'Accepted for old configurations; unused.',
    isUnused: true,
  }),
  guarding_mode: z.enum(['INPUT', 'OUTPUT', 'BOTH']).optional().register(fieldMeta, {
    description:
      "Accepted for configurations of CrowdStrike's Lua plugin; unused: answers are always inspected.",
    isUnused: true,
  }),
  stop_on_error: z.boolean().optional().register(fieldMeta, {
    description: "Accepted for configurations of CrowdStrike's Lua plugin; unused: see enforcing_strategy.",
    isUnused: true,
  }),
  stream_batch_size: z.int().min(1).optional().register(fieldMeta, {
    description: "Accepted for configurations of CrowdStrike's Lua plugin; unused: streams are read whole.",
    isUnused: true,
  }),
} as const;

/** @see https://www.rfc-editor.org/rfc/rfc9110#field.names */
const headerName = nonEmpty()
  .max(256)
  .regex(/^[\w!#$%&'*+.^`|~-]+$/, 'must be the name of a header')
  .refine((name) => !SECRET_HEADERS.has(name.toLowerCase()), 'names a header that holds a secret');

export const identity = {
  session_id: nonEmpty().max(MAX_SESSION_ID).optional().register(fieldMeta, {
    description: 'Sent to AIDR: id of the session, where metadata_from_headers finds none.',
  }),
  conversation_id: nonEmpty().max(MAX_SESSION_ID).optional().register(fieldMeta, {
    description: 'Sent to AIDR: id of the conversation, where metadata_from_headers finds none.',
  }),
  hostname: nonEmpty().max(MAX_HOSTNAME).optional().register(fieldMeta, {
    description: 'Sent to AIDR: host that the requests come from, where metadata_from_headers finds none.',
  }),
  agent_type: z.enum(AGENT_TYPES).optional().register(fieldMeta, {
    description: 'Sent to AIDR: what kind of agent asks, where metadata_from_headers finds none.',
  }),
  is_agent: z.boolean().optional().register(fieldMeta, {
    description: 'Sent to AIDR: whether an agent asks, where metadata_from_headers finds nothing.',
  }),
  metadata_from_headers: z.partialRecord(z.enum(HEADER_FIELDS), headerName).optional().register(fieldMeta, {
    description:
      'Fields of AIDR, each with the name of the request header that its value is taken from. No other header is sent.',
  }),
} as const;

export const enforcement = {
  operation: z.enum(['mutate', 'validate']).default('mutate').register(fieldMeta, {
    description: 'mutate applies redactions; validate never rewrites.',
  }),
  enforcing_strategy: z
    .enum(['enforce', 'enforce_but_ignore_on_error', 'audit'])
    .default('enforce')
    .register(fieldMeta, {
      description: 'Whether a violation blocks, and whether traffic may pass when AIDR cannot be asked.',
    }),
  enforce_on_detection: z.boolean().default(false).register(fieldMeta, {
    description: "Any detector that fired counts as a violation, whatever AIDR's policy decided.",
  }),
  timeout: z.int().min(1).max(MAX_TIMEOUT_MS).default(10_000).register(fieldMeta, {
    description: 'Milliseconds that one whole inspection may take: connecting, retries and polling.',
  }),
  ssl_verify: z.boolean().default(true).register(fieldMeta, {
    description: "Verify the certificate of AIDR's API.",
  }),
  ai_guard_client_cert: nonEmpty().trim().optional().register(fieldMeta, {
    description:
      'Certificate that is shown to AIDR (mutual TLS), in PEM, with those that lead to its authority.',
    referenceable: true,
  }),
  ai_guard_client_key: nonEmpty().trim().optional().register(fieldMeta, {
    description: 'Private key of ai_guard_client_cert, in PEM, without a passphrase.',
    referenceable: true,
    encrypted: true,
  }),
  max_body_size: z.int().min(1).max(MAX_BODY_BYTES).default(8_388_608).register(fieldMeta, {
    description: 'Largest body in bytes that is inspected, both as received and decoded.',
  }),
  max_rewrite_size: z.int().min(1).max(MAX_BODY_BYTES).default(1_048_576).register(fieldMeta, {
    description:
      'Largest body in bytes that can be redacted; Kong needs quadratic time to take a changed body.',
  }),
  on_uninspectable: z.enum(['block', 'allow']).default('block').register(fieldMeta, {
    description: 'What happens to bodies that cannot be read: too large, unknown encoding or shape.',
  }),
  on_opaque: z.enum(['allow', 'block']).default('allow').register(fieldMeta, {
    description: 'What happens to media and references that carry no text here: images, audio, file ids.',
  }),
  guard_streaming_response: z.boolean().default(true).register(fieldMeta, {
    description: 'false lets streamed answers pass unbuffered and uninspected.',
    direction: 'response',
  }),
  placement: z.enum(['phases', 'relay']).default('phases').register(fieldMeta, {
    description:
      'phases inspects bodies in Kong as the client sent them; relay sends the request through a listener of the plugin server once, and inspects what the provider reads.',
  }),
  request_check: z.enum(['before', 'parallel']).default('before').register(fieldMeta, {
    description:
      'before asks the provider once AIDR has let the prompt pass; parallel asks it at the same time and holds its answer until the verdict, so the provider has seen what is refused. parallel needs placement relay.',
    direction: 'request',
  }),
  response_mode: z.enum(['buffered', 'live']).default('buffered').register(fieldMeta, {
    description:
      'buffered inspects the whole answer before its first byte is sent; live inspects it as it streams.',
    direction: 'response',
  }),
  release: z.enum(['window', 'end']).default('window').register(fieldMeta, {
    description:
      'Live: window sends text once AIDR has seen it and enough text after it; end waits for the whole answer.',
    direction: 'response',
  }),
  window_chars: z.int().min(1).max(MAX_WINDOW_CHARS).default(200).register(fieldMeta, {
    description: 'Live: characters of new text after which AIDR is asked again.',
    direction: 'response',
  }),
  window_overlap_chars: z.int().min(1).max(MAX_WINDOW_CHARS).default(100).register(fieldMeta, {
    description:
      'Live: characters that are held back after each verdict; a longer finding may be sent in part.',
    direction: 'response',
  }),
  max_hold_ms: z.int().min(1).max(MAX_TIMEOUT_MS).default(1_000).register(fieldMeta, {
    description: 'Live: milliseconds without output after which comments keep an event stream alive.',
    direction: 'response',
  }),
  upstream_url: z
    .url({ protocol: /^https?$/, error: 'must be an http or https URL' })
    .refine(isOrigin, 'must be a scheme, a host and a port only')
    .optional()
    .register(fieldMeta, {
      description: 'Relay: scheme, host and port of the provider, if the relay cannot learn them from Kong.',
    }),
  internal_route_url: z
    .url({ protocol: /^http$/, error: 'must be an http URL' })
    .refine(
      isInternalRoute,
      'must be an address of this machine and a path, such as http://127.0.0.1:8000/internal/chat',
    )
    .optional()
    .register(fieldMeta, {
      description:
        'Relay: an internal route of this Kong, to which the relay brings the request back. Its service can have an upstream entity and certificates.',
    }),
  inspect_history: z.enum(['all_turns', 'new_turns']).default('all_turns').register(fieldMeta, {
    description:
      'Whether turns before the last assistant turn are analysed too, or of those only what tools returned; callers can forge them.',
    direction: 'request',
  }),
  inspect_system: z.enum(['always', 'once']).default('always').register(fieldMeta, {
    description:
      'always: system prompts are analysed with the newest messages in every request; once: you trust them, so each is analysed by itself and then known.',
    direction: 'request',
  }),
  on_blocked_tool_result: z.enum(['refuse', 'replace']).default('refuse').register(fieldMeta, {
    description:
      'What happens when AIDR blocks what a tool returned: replace puts a short notice in its place, so that an agent can go on.',
    direction: 'request',
  }),
  on_blocked_history: z.enum(['refuse', 'replace']).default('refuse').register(fieldMeta, {
    description:
      'What happens when AIDR blocks a text of a turn that has been answered: replace puts a short notice in its place.',
    direction: 'request',
  }),
  on_signed_thinking: z.enum(['refuse', 'omit']).default('refuse').register(fieldMeta, {
    description:
      "What happens when signed thinking holds something to redact: omit leaves out all of that message's thinking where the API allows it.",
  }),
} as const;

/** Kong's limits on the same fields of its ai-prompt-guard. */
const MAX_PATTERNS = 10;
const MAX_PATTERN_LENGTH = 500;

const patterns = () => z.array(nonEmpty().max(MAX_PATTERN_LENGTH)).max(MAX_PATTERNS).optional();

export const localRules = {
  allow_patterns: patterns().register(fieldMeta, {
    description: 'Regular expressions (RE2); a prompt that matches none is refused before AIDR is asked.',
    direction: 'request',
  }),
  deny_patterns: patterns().register(fieldMeta, {
    description: 'Regular expressions (RE2); a prompt that matches one is refused before AIDR is asked.',
    direction: 'request',
  }),
  allow_all_conversation_history: z.boolean().default(false).register(fieldMeta, {
    description: "The local patterns look only at the user's last message.",
    direction: 'request',
  }),
  match_all_roles: z.boolean().default(false).register(fieldMeta, {
    description: 'The local patterns look at messages of every role.',
    direction: 'request',
  }),
} as const;

/** Clients repeat what has these statuses by themselves, and a block stays a block. */
const REPEATED_STATUSES = [408, 409, 429];

const refusalStatus = (byDefault: number) =>
  z
    .int()
    .min(400)
    .max(499)
    .refine((status) => !REPEATED_STATUSES.includes(status), {
      error: 'must not be a status after which clients repeat the request',
    })
    .default(byDefault);

export const REJECTION_STYLES = ['provider', 'plain', 'stealth', 'completion'] as const;

export const words = {
  rejection_style: z.enum(REJECTION_STYLES).default('provider').register(fieldMeta, {
    description:
      "What a refused client reads: an error of its provider's API; `reason` and `status` alone; 403 `request forbidden`; or, where content is blocked, 200 with the refusal as the answer.",
  }),
  block_status: refusalStatus(400).register(fieldMeta, {
    description:
      'HTTP status with which blocked content is refused, in the styles provider and plain: 4xx, but not 408, 409 or 429.',
    forbidden: REPEATED_STATUSES,
  }),
  uninspected_status: refusalStatus(422).register(fieldMeta, {
    description:
      'HTTP status of what could not be inspected if it were repeated either, in all styles but stealth; 400 is for clients that repeat 422.',
    forbidden: REPEATED_STATUSES,
  }),
  request_failure_message: nonEmpty()
    .default('Prompt has been rejected by CrowdStrike AIDR')
    .register(fieldMeta, {
      description: 'The `status` that a client reads when its prompt is rejected.',
      direction: 'request',
    }),
  response_failure_message: nonEmpty()
    .default('Response has been rejected by CrowdStrike AIDR')
    .register(fieldMeta, {
      description: 'The `status` that a client reads when an answer is rejected.',
      direction: 'response',
    }),
  reveal_reason: z.boolean().default(true).register(fieldMeta, {
    description: "false keeps AIDR's summary out of rejections.",
  }),
  log_blocked_content: z.boolean().default(false).register(fieldMeta, {
    description:
      'Adds blocked texts to the inspection record: at most 16, of 1024 characters each. This is the content that the policy protects.',
  }),
  expose_headers: z.boolean().default(false).register(fieldMeta, {
    description: 'Adds headers with the outcome, latency and AIDR request ids of each direction to answers.',
  }),
} as const;

export const pluginConfig = z.strictObject({ ...lua, ...identity, ...enforcement, ...localRules, ...words });

/** What is kept apart from the rest, so that the rest can be shown. */
export type SecretField = 'ai_guard_api_key' | 'ai_guard_client_cert' | 'ai_guard_client_key';

/** A validated configuration: every default filled in. */
export type Config = Omit<z.infer<typeof pluginConfig>, SecretField>;
