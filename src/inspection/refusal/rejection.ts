/** What a client is refused with: the outcome, and the words for it. `formats/refusal.ts` gives them the client's shape. */

import type { Failure } from '../../aidr/failure.ts';
import type { Finding } from '../../aidr/findings.ts';
import type { JsonProblem } from '../../body/json/document.ts';
import type { AnyConfig } from '../../config/mcp-schema.ts';
import type { Direction } from '../../config/schema.ts';
import type { EndpointRefusal } from '../../formats/provider.ts';
import { REFUSALS, type RefusalCode } from './refusal-codes.ts';

export interface Rejection {
  /** Stable: see docs/refusals.md. */
  code: RefusalCode;
  httpStatus: number;
  /** Why, for whoever debugs the client. */
  reason: string;
  /** What happened, for whoever reads the error. */
  status: string;
  /** What people read behind the status; absent where the configuration reveals nothing. */
  explanation?: string;
  /** AIDR's id of the call that decided. */
  requestId?: string;
  /** Seconds after which the same request may succeed. */
  retryAfter?: number;
}

/** Seconds; outages of AIDR's API are either blips or long. */
const RETRY_AFTER = 1;

const NOT_INSPECTED: Record<Direction, string> = {
  request: 'Prompt could not be inspected by CrowdStrike AIDR',
  response: 'Response could not be inspected by CrowdStrike AIDR',
};

function refusal(
  code: RefusalCode,
  words: Pick<Rejection, 'reason' | 'status'> & { explanation?: string; requestId?: string | undefined },
): Rejection {
  const { httpStatus, mayRepeat } = REFUSALS[code];
  const { requestId, ...rest } = words;
  return {
    ...{ code, httpStatus, ...rest },
    ...(requestId === undefined ? {} : { requestId }),
    ...(mayRepeat ? { retryAfter: RETRY_AFTER } : {}),
  };
}

/** What a verdict says of itself. */
interface Violating {
  summary: string | undefined;
  findings?: readonly Finding[];
  requestId?: string;
}

const UNREVEALED = 'The content violates a policy.';

/** AIDR's verdict is "blocked". */
export function violation(direction: Direction, config: AnyConfig, verdict: Violating): Rejection {
  const { summary, findings = [], requestId } = verdict;
  const explanation = config.reveal_reason ? explanationOf(findings, summary) : undefined;
  const code = direction === 'request' ? 'aidr_prompt_blocked' : 'aidr_answer_blocked';
  const words = {
    reason: (config.reveal_reason ? summary : undefined) || UNREVEALED,
    status: failureMessage(direction, config),
    ...(explanation === undefined ? {} : { explanation }),
    requestId,
  };
  return blocking(config, refusal(code, words));
}

/** A local rule denies the prompt. */
export function denied(config: AnyConfig, why: string): Rejection {
  const words = {
    reason: config.reveal_reason ? why : UNREVEALED,
    status: failureMessage('request', config),
    ...(config.reveal_reason ? { explanation: why } : {}),
  };
  return blocking(config, refusal('aidr_denied_by_pattern', words));
}

/** Where the configuration has no such status, the protocol of the client decides. */
function blocking(config: AnyConfig, rejection: Rejection): Rejection {
  return 'block_status' in config ? { ...rejection, httpStatus: config.block_status } : rejection;
}

function failureMessage(direction: Direction, config: AnyConfig): string {
  return direction === 'request' ? config.request_failure_message : config.response_failure_message;
}

/** Only what was found, what decided first; without detectors, what AIDR's summary says of it. */
function explanationOf([first, ...others]: readonly Finding[], summary = ''): string | undefined {
  if (first) {
    const also = others.length > 0 ? `, also ${others.map(titleOf).join(', ')}` : '';
    return `${titleOf(first)} was detected${also}`;
  }
  const sentences = summary
    .split(/(?<=[.!?])\s+/)
    .filter((one) => one !== '' && !/\bnot detected\b/i.test(one));
  return sentences.length > 0 ? sentences.join(' ') : undefined;
}

function titleOf({ detector, types }: Finding): string {
  const words = detector
    .split('_')
    .map((word) => SPELLED[word] ?? word.charAt(0).toUpperCase() + word.slice(1));
  return types.length > 0 ? `${words.join(' ')} (${types.join(', ')})` : words.join(' ');
}

/** As AIDR's console writes its detectors. */
const SPELLED: Record<string, string> = { and: 'and', pii: 'PII', mcp: 'MCP' };

/** AIDR could not be asked, or its answer could not be used. */
export function failure(direction: Direction, { class: failureClass, hint, requestId }: Failure): Rejection {
  const code = `aidr_${failureClass}` as const;
  const reason = hint ? `${failureClass}: ${hint}` : failureClass;
  const explanation = hint ?? REFUSALS[code].means;
  return refusal(code, { reason, status: NOT_INSPECTED[direction], explanation, requestId });
}

/** Why a body cannot be read. */
export type Uninspectable =
  | 'too_large'
  | 'too_much_expansion'
  | 'too_many_texts'
  | 'too_many_values'
  | 'too_long_for_patterns'
  | 'unknown_encoding'
  | 'unknown_charset'
  | 'unknown_shape'
  | 'partial'
  | 'unreadable_part'
  | 'opaque_part';

const PROMPT_CODES: Record<Uninspectable, RefusalCode> = {
  too_large: 'aidr_prompt_too_large',
  too_much_expansion: 'aidr_prompt_too_large',
  too_many_texts: 'aidr_prompt_too_large',
  too_many_values: 'aidr_prompt_too_large',
  too_long_for_patterns: 'aidr_prompt_too_large',
  unknown_encoding: 'aidr_unknown_encoding',
  unknown_charset: 'aidr_unknown_encoding',
  unknown_shape: 'aidr_unknown_prompt',
  partial: 'aidr_unknown_prompt',
  unreadable_part: 'aidr_unreadable_part',
  opaque_part: 'aidr_opaque_part',
};

export function uninspectable(direction: Direction, config: AnyConfig, why: Uninspectable): Rejection {
  const reasons: Record<Uninspectable, string> = {
    too_large: `the body is larger than max_body_size (${config.max_body_size} bytes)`,
    too_much_expansion:
      'the body is too small for what it becomes when it is decoded (on_uninspectable is block)',
    too_many_texts: 'the body holds more texts than can be inspected (on_uninspectable is block)',
    too_many_values:
      'a string of JSON in the body is nested too deeply or has too many values (on_uninspectable is block)',
    too_long_for_patterns: 'the prompt is too long for deny_patterns and allow_patterns',
    unknown_charset: 'the charset is not UTF-8 (on_uninspectable is block)',
    unknown_encoding: 'the content-encoding is none of gzip, deflate, br, zstd (on_uninspectable is block)',
    unknown_shape: unknownShape(config),
    partial: 'the answer is only a part of what there is (on_uninspectable is block)',
    unreadable_part:
      'a part of the body holds text in a form that cannot be read (on_uninspectable is block)',
    opaque_part: 'the body holds media or a reference that cannot be inspected (on_opaque is block)',
  };
  const reason = reasons[why];
  const code = direction === 'request' ? PROMPT_CODES[why] : 'aidr_unreadable_answer';
  return refusal(code, { reason, status: NOT_INSPECTED[direction], explanation: reason });
}

/** Known before the provider works: nobody here reads what it answers. */
export function unreadableEndpoint(
  why: EndpointRefusal | 'media' | 'event_stream',
  direction: Direction = 'response',
): Rejection {
  const reason = typeof why === 'string' ? UNREADABLE[why] : refusedBecause(why);
  const words = { reason, status: NOT_INSPECTED[direction], explanation: reason };
  return refusal('aidr_unreadable_endpoint', words);
}

const UNREADABLE = {
  event_stream: 'event streams are inspected in the relay only: set placement: relay',
  media:
    'the answer would be media, which cannot be inspected, so the provider was not asked (on_opaque is block)',
};

function refusedBecause({ why, instead }: EndpointRefusal): string {
  if (why === 'unread_prompt')
    return `no prompt of this endpoint has a form that can be read, so the provider was not asked: use ${instead} (on_uninspectable is block)`;
  return why === 'unread_answer'
    ? `no answer of this endpoint has a form that can be read, so the provider was not asked: use ${instead} (on_uninspectable is block)`
    : `this endpoint opens a conversation that goes around the gateway, so the provider was not asked: use ${instead} (on_uninspectable is block)`;
}

/** `auto` is no endpoint: there is none to name, but a provider. */
function unknownShape(config: AnyConfig): string {
  if (!('upstream_llm' in config))
    return `the body is no message of the protocol of this route (${config.protocol}; on_uninspectable is block)`;
  const { provider, api_uri: apiUri } = config.upstream_llm;
  return apiUri === 'auto'
    ? `the body is not what any endpoint of ${provider} defines that is known here: use one that is, or another upstream_llm.provider (on_uninspectable is block)`
    : `the body is not what ${apiUri} defines: set upstream_llm.api_uri to the endpoint of this route, or to auto (on_uninspectable is block)`;
}

/** Why a body is no value that all readers read alike. */
export type BodyProblem = JsonProblem | 'corrupt' | 'invalid_form';

const DECODE_REASONS: Record<BodyProblem, string> = {
  corrupt: 'the body is not what its content-encoding says',
  invalid_utf8: 'the body is not valid UTF-8',
  invalid_json: 'the body is not one valid JSON value',
  too_complex: 'the body is nested too deeply or has too many values',
  duplicate_key: 'an object in the body has the same key twice',
  invalid_form: 'the form could be read in more than one way',
};

/** A body that is not one unambiguous JSON value: two readers could see two texts. */
export function undecodable(direction: Direction, problem: BodyProblem): Rejection {
  const reason = DECODE_REASONS[problem];
  return direction === 'request'
    ? refusal('aidr_malformed_prompt', {
        ...{ reason, explanation: reason },
        status: `Failed to decode ${problem === 'invalid_form' ? 'form' : 'JSON'} body`,
      })
    : refusal('aidr_unreadable_answer', { reason, explanation: reason, status: NOT_INSPECTED.response });
}

/** Why the provider gave no answer, or not all of it. */
export type NoAnswer = 'unreachable' | 'not_trusted' | 'timeout';

const NO_ANSWER: Record<NoAnswer, string> = {
  unreachable: 'the upstream cannot be reached',
  not_trusted: 'the certificate of the upstream is not trusted',
  timeout: 'the upstream took too long',
};

export function noAnswer(why: NoAnswer): Rejection {
  const reason = NO_ANSWER[why];
  return refusal(`aidr_upstream_${why}`, {
    reason,
    status: 'The upstream gave no answer',
    explanation: reason,
  });
}

/** @param reason of a head that would change how the body is read, or whether the answer is */
function headRefused(reason: string, code: RefusalCode = 'aidr_headers_refused'): Rejection {
  return refusal(code, { reason, status: NOT_INSPECTED.request, explanation: reason });
}

/** Kong does not buffer the answer of an upgraded connection, so nobody could inspect it. */
export const UPGRADE_REFUSED = headRefused(
  'Upgrade is not allowed on this route: the answer could not be inspected',
);

/** Kong shows a plugin at most 1000 headers; one that cannot be seen could change how the body is read. */
export const TOO_MANY_HEADERS = headRefused(
  'the request has more headers than can be inspected',
  'aidr_too_many_headers',
);

/** Kong takes headers that `Connection` lists off the request, so the provider would read the body differently. */
export const CONNECTION_REFUSED = headRefused(
  'the Connection header lists a header that says how the body is to be read',
);

/** With underscores in place of dashes: a server that maps both to one name would read the body differently. */
export const LOOKALIKE_REFUSED = headRefused(
  'the request has a header that a server may take for one that says how the body is to be read',
);

/** Where the relay has it, it is not on its way to a route with plugins of AIDR; a client has no business with it. */
export const INTERNAL_TICKET_REFUSED = headRefused(
  'the request has the header in which only the relay brings a ticket, to an internal route',
);

/** A server may go by either. */
export const HEADERS_DISAGREE = headRefused('a header says something else than the message that it repeats');

/** More bytes at once than this process may hold. */
export function overloaded(direction: Direction): Rejection {
  return failure(direction, { class: 'overloaded', detail: '' });
}

/** One sentence for people. */
export function messageOf({ status, explanation, requestId }: Rejection): string {
  const said =
    explanation === undefined ? unstopped(status) : `${unstopped(status)}: ${unstopped(explanation)}`;
  return `${said}${requestId === undefined ? '' : ` (AIDR request ${requestId})`}.`;
}

function unstopped(text: string): string {
  return text.trim().replace(/[.:;]$/, '');
}
