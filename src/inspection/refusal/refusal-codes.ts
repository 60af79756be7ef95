/**
 * Every outcome in which a client is refused: its stable code, its status, whether to repeat the request, and what to do.
 *
 * The codes are a contract, and docs/refusals.md is generated from this table. What cannot succeed when it is repeated
 * has a status that no client repeats (not 408, 409, 429, 5xx), wherever there is one.
 */
import type { FailureClass } from '../../aidr/failure.ts';

export interface RefusalKind {
  httpStatus: number;
  /** The same request may succeed a moment later. */
  mayRepeat: boolean;
  /** The second half of the sentence that people read, where the reason does not say more. No stop at its end. */
  means: string;
  /** What whoever reads the documentation can do. */
  remedy: string;
}

const kind = (httpStatus: number, means: string, remedy: string): RefusalKind => ({
  httpStatus,
  mayRepeat: httpStatus >= 502,
  means,
  remedy,
});

/** LangChain.js and some coding agents repeat it all the same: it can be set. */
const UNINSPECTED = 422;

const blocked = (means: string, remedy: string) => kind(400, means, remedy);

const VERDICTS = {
  aidr_prompt_blocked: blocked(
    'the prompt violates a policy',
    "send something else; a false alarm is found in AIDR's console by its request id",
  ),
  aidr_answer_blocked: blocked(
    'the answer violates a policy',
    "ask for something else; a false alarm is found in AIDR's console by its request id",
  ),
  aidr_denied_by_pattern: blocked(
    'a local rule of the gateway denies the prompt',
    'send something else, or change `deny_patterns` and `allow_patterns`',
  ),
};

const BODIES = {
  aidr_malformed_prompt: kind(400, 'the body is not one JSON value', 'correct the body'),
  aidr_unknown_prompt: kind(
    400,
    'the body has no shape that this route knows',
    'the right `provider` and `api_uri`, `auto`, or `on_uninspectable: allow`',
  ),
  aidr_unreadable_part: kind(
    400,
    'a part of the body cannot be read',
    'send text, or `on_uninspectable: allow`',
  ),
  aidr_opaque_part: kind(400, 'the body holds media or a reference', 'leave it out, or `on_opaque: allow`'),
  aidr_prompt_too_large: kind(413, 'the body is too large', 'send less, or raise `max_body_size`'),
  aidr_unknown_encoding: kind(
    415,
    'the body is in an encoding that is not read here',
    'send UTF-8, with gzip, deflate, br, zstd or no coding',
  ),
  aidr_headers_refused: kind(
    400,
    'a header would change how the body is read',
    'the client, or the proxy before Kong',
  ),
  aidr_too_many_headers: kind(431, 'the request has too many headers', 'send fewer headers'),
  aidr_unreadable_answer: kind(
    UNINSPECTED,
    'the answer cannot be read',
    'the `reason` names the limit or the setting; the provider has done its work',
  ),
  aidr_unreadable_endpoint: kind(
    UNINSPECTED,
    'no answer of this endpoint can be read',
    'the setting that the `reason` names, or a route without `crowdstrike-aidr-response`; the provider was not asked',
  ),
};

const again = (means: string, remedy: string) => kind(503, means, remedy);
const never = (means: string, remedy: string) => kind(UNINSPECTED, means, remedy);

const FAILURES: Record<`aidr_${FailureClass}`, RefusalKind> = {
  aidr_timeout: again('no verdict came in time, try again', "try again; AIDR's latency, `timeout`"),
  aidr_unreachable: again('AIDR cannot be reached, try again', 'try again; the network'),
  aidr_rate_limited: again('AIDR limits the rate, try again later', "try again; the collector's limits"),
  aidr_server_error: again('AIDR failed, try again', "try again; CrowdStrike's status page"),
  aidr_circuit_open: again('AIDR is down, try again later', "try again; CrowdStrike's status page"),
  aidr_invalid_response: again(
    'AIDR gave no clear verdict, try again',
    'try again; a proxy between, `ai_guard_api_base_url`',
  ),
  aidr_overloaded: again('the gateway is busy, try again', 'try again; smaller or fewer requests at once'),
  aidr_unauthorized: kind(500, "AIDR refuses the gateway's key", "the operator: the collector's token"),
  aidr_internal: kind(500, 'the gateway made a mistake', 'the operator: the log; please report it'),
  aidr_rejected_input: never('AIDR does not accept this text', 'report it, with the request id'),
  aidr_failed_on_input: never('AIDR fails on this text', 'change the text; report it, with the request id'),
  aidr_payload_too_large: never(
    'tool definitions or metadata are larger than AIDR takes',
    'smaller tool definitions or `extra_info`',
  ),
  aidr_unappliable_redaction: never(
    'something is to be redacted that cannot be changed',
    'leave out what the policy redacts; the `reason` or the log says why it cannot be changed',
  ),
};

const UPSTREAM = {
  aidr_upstream_unreachable: kind(
    502,
    'the provider cannot be reached',
    'try again; the provider, the network',
  ),
  aidr_upstream_timeout: kind(
    504,
    'the provider took too long',
    'try again; the timeouts of the Kong service',
  ),
  aidr_upstream_not_trusted: {
    ...kind(502, "the provider's certificate is not trusted", 'the operator: the certificate'),
    mayRepeat: false,
  },
};

const GUARD = {
  aidr_not_inspected: again('the inspection is not running, try again', 'try again; the plugin server'),
};

export const REFUSALS = { ...VERDICTS, ...BODIES, ...FAILURES, ...UPSTREAM, ...GUARD };

export type RefusalCode = keyof typeof REFUSALS;

/** It cannot be inspected, and would not be if it were repeated: what `uninspected_status` is about. */
export function isUninspected(code: RefusalCode): boolean {
  return REFUSALS[code].httpStatus === UNINSPECTED;
}

/** AIDR or a local rule decided against the content: what `rejection_style` and `block_status` are about. */
export function isBlock(code: RefusalCode): boolean {
  return Object.hasOwn(VERDICTS, code);
}
