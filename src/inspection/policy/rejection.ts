/** What a client gets instead of its answer: one JSON shape, `{"reason", "status"}`, for every case. */
import { type Failure, isTransient } from '../../aidr/failure.ts';
import type { JsonProblem } from '../../body/json/document.ts';
import type { Config, Direction } from '../../config/schema.ts';

export interface Rejection {
  httpStatus: number;
  /** Why, for whoever debugs the client. */
  reason: string;
  /** What happened, for whoever reads the error. */
  status: string;
  /** Seconds after which the same request may succeed. */
  retryAfter?: number;
}

/** Seconds; outages of AIDR's API are either blips or long. */
const RETRY_AFTER = 1;

const NOT_INSPECTED: Record<Direction, string> = {
  request: 'Prompt could not be inspected by CrowdStrike AIDR',
  response: 'Response could not be inspected by CrowdStrike AIDR',
};

/** AIDR's verdict is "blocked", or a local rule denies the prompt. */
export function violation(direction: Direction, config: Config, summary: string | undefined): Rejection {
  return {
    httpStatus: 400,
    reason: (config.reveal_reason ? summary : undefined) || 'The content violates a policy.',
    status: direction === 'request' ? config.request_failure_message : config.response_failure_message,
  };
}

/** AIDR could not be asked, or its answer could not be used. */
export function failure(direction: Direction, { class: failureClass, hint }: Failure): Rejection {
  const httpStatus = failureClass === 'unauthorized' || failureClass === 'internal' ? 500 : 503;
  const reason = hint ? `${failureClass}: ${hint}` : failureClass;
  const retry = isTransient(failureClass) ? { retryAfter: RETRY_AFTER } : {};
  return { httpStatus, reason, status: NOT_INSPECTED[direction], ...retry };
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

const PROMPT_STATUS: Record<Uninspectable, number> = {
  too_large: 413,
  too_much_expansion: 413,
  too_many_texts: 413,
  too_many_values: 413,
  too_long_for_patterns: 413,
  unknown_encoding: 415,
  unknown_charset: 415,
  unknown_shape: 400,
  partial: 400,
  unreadable_part: 400,
  opaque_part: 400,
};

export function uninspectable(direction: Direction, config: Config, why: Uninspectable): Rejection {
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
    unknown_shape: `the body is not what ${config.upstream_llm.api_uri} defines (on_uninspectable is block)`,
    partial: 'the answer is only a part of what there is (on_uninspectable is block)',
    unreadable_part:
      'a part of the body holds text in a form that cannot be read (on_uninspectable is block)',
    opaque_part: 'the body holds media or a reference that cannot be inspected (on_opaque is block)',
  };
  return {
    httpStatus: direction === 'request' ? PROMPT_STATUS[why] : 502,
    reason: reasons[why],
    status: NOT_INSPECTED[direction],
  };
}

const DECODE_REASONS: Record<JsonProblem | 'corrupt', string> = {
  corrupt: 'the body is not what its content-encoding says',
  invalid_utf8: 'the body is not valid UTF-8',
  invalid_json: 'the body is not one valid JSON value',
  too_complex: 'the body is nested too deeply or has too many values',
  duplicate_key: 'an object in the body has the same key twice',
};

/** A body that is not one unambiguous JSON value: two readers could see two texts. */
export function undecodable(direction: Direction, problem: JsonProblem | 'corrupt'): Rejection {
  return {
    httpStatus: direction === 'request' ? 400 : 502,
    reason: DECODE_REASONS[problem],
    status: direction === 'request' ? 'Failed to decode JSON body' : NOT_INSPECTED.response,
  };
}

/** Why the provider gave no answer, or not all of it. */
export type NoAnswer = 'unreachable' | 'not_trusted' | 'timeout';

const NO_ANSWER: Record<NoAnswer, Pick<Rejection, 'httpStatus' | 'reason'>> = {
  unreachable: { httpStatus: 502, reason: 'the upstream cannot be reached' },
  not_trusted: { httpStatus: 502, reason: 'the certificate of the upstream is not trusted' },
  timeout: { httpStatus: 504, reason: 'the upstream took too long' },
};

export function noAnswer(why: NoAnswer): Rejection {
  return { ...NO_ANSWER[why], status: 'The upstream gave no answer' };
}

/** Kong does not buffer the answer of an upgraded connection, so nobody could inspect it. */
export const UPGRADE_REFUSED: Rejection = {
  httpStatus: 400,
  reason: 'Upgrade is not allowed on this route: the answer could not be inspected',
  status: NOT_INSPECTED.request,
};

/** Kong shows a plugin at most 1000 headers; one that cannot be seen could change how the body is read. */
export const TOO_MANY_HEADERS: Rejection = {
  httpStatus: 431,
  reason: 'the request has more headers than can be inspected',
  status: NOT_INSPECTED.request,
};

/** Kong takes headers that `Connection` lists off the request, so the provider would read the body differently. */
export const CONNECTION_REFUSED: Rejection = {
  httpStatus: 400,
  reason: 'the Connection header lists a header that says how the body is to be read',
  status: NOT_INSPECTED.request,
};

/** With underscores in place of dashes: a server that maps both to one name would read the body differently. */
export const LOOKALIKE_REFUSED: Rejection = {
  httpStatus: 400,
  reason: 'the request has a header that a server may take for one that says how the body is to be read',
  status: NOT_INSPECTED.request,
};

/** More bytes at once than this process may hold. */
export function overloaded(direction: Direction): Rejection {
  return { httpStatus: 503, reason: 'overloaded', status: NOT_INSPECTED[direction], retryAfter: RETRY_AFTER };
}

export function rejectionBody({ reason, status }: Rejection): string {
  return JSON.stringify({ reason, status });
}
