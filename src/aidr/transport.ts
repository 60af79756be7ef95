/** One HTTP exchange with AIDR: bytes out, bytes in, and what can go wrong on the way. */
import { LRUCache } from 'lru-cache';
import { Agent, errors } from 'undici';
import packageJson from '../../package.json' with { type: 'json' };
import type { ClientIdentity } from '../network/client-identity.ts';
import { connectorFor } from '../network/connector.ts';
import { MACHINE_EXHAUSTED } from '../network/machine-exhausted.ts';
import { TunnelError } from '../network/tunnel.ts';
import { AnswerReader, type RawAnswer } from './answer-reader.ts';
import { answerTooLarge, type Failure, failed } from './failure.ts';

export interface HttpCall {
  method: 'POST' | 'GET';
  url: string;
  key: string;
  verifyTls: boolean;
  /** The certificate that AIDR gets to see, if it asks for one. */
  identity?: ClientIdentity | undefined;
  body?: Uint8Array;
  /** The span of the call: AIDR's own, if it has any, can be its children. */
  traceparent?: string | undefined;
  /** It does not wait behind what callers ask, whose connections can all be busy. */
  hasOwnConnection?: boolean;
}

export interface Reply {
  status: number;
  body: Uint8Array;
  /** Milliseconds after which AIDR wants to be asked again. */
  retryAfter: number | undefined;
}

export type Sent = { ok: true; reply: Reply } | { ok: false; failure: Failure };

/** @see https://www.rfc-editor.org/rfc/rfc9110#field.user-agent */
const USER_AGENT = `crowdstrike-aidr-kong/${packageJson.version}`;

/** An answer repeats what was sent and lists findings; more than this is not AIDR. */
const MAX_ANSWER_BYTES = 16 * 1_048_576;
/** One with another status than 200 repeats nothing. It is looked at where everybody waits, several times. */
const MAX_OTHER_BYTES = 262_144;
/** Idle connections are kept shorter than the 60 s after which load balancers usually drop them. */
const KEEP_ALIVE_MS = 50_000;
/** A connection that takes longer is counted as none; most inspections give up before. */
const CONNECT_LIMIT_MS = 5_000;
/** Connections to one AIDR origin, which all instances in the process share. */
export const MAX_CONNECTIONS = 256;
/** More of them, for callers that use next to none while others use all of these. */
export const SPARE_CONNECTIONS = 64;

/** Kept, each with its connections: more than there are tenants with certificates of their own. */
const MAX_AGENTS = 256;

const agents = new LRUCache<string, Agent>({
  max: MAX_AGENTS,
  // Lets calls under way finish.
  dispose: (agent) => void agent.close(),
});

function agentFor({ verifyTls, identity, hasOwnConnection = false }: HttpCall): Agent {
  const name = `${verifyTls} ${hasOwnConnection} ${identity?.id ?? ''}`;
  let agent = agents.get(name);
  if (!agent) {
    agent = new Agent({
      connections: hasOwnConnection ? null : MAX_CONNECTIONS + SPARE_CONNECTIONS,
      keepAliveTimeout: KEEP_ALIVE_MS,
      connect: connectorFor({
        rejectUnauthorized: verifyTls,
        timeout: CONNECT_LIMIT_MS,
        allowH2: true,
        identity,
      }),
    });
    agents.set(name, agent);
  }
  return agent;
}

/** @param signal aborts at the inspection's deadline, or when the answer is no longer needed */
export async function send(call: HttpCall, signal: AbortSignal): Promise<Sent> {
  if (signal.aborted) return NO_TIME;
  try {
    const { status, headers, body } = await exchange(call, signal);
    if (!body) return answerTooLarge(limitOf(status));
    return { ok: true, reply: { status, body, retryAfter: retryAfterOf(headers) } };
  } catch (error) {
    return { ok: false, failure: failureOf(error, signal) };
  }
}

/** What undici refuses to begin, it tells the reader. */
function exchange(call: HttpCall, signal: AbortSignal): Promise<RawAnswer> {
  const { origin, pathname, search } = new URL(call.url);
  const reader = new AnswerReader(signal, limitOf);
  agentFor(call).dispatch(
    {
      origin,
      path: pathname + search,
      method: call.method,
      headers: {
        authorization: `Bearer ${call.key}`,
        accept: 'application/json',
        'user-agent': USER_AGENT,
        ...(call.body ? { 'content-type': 'application/json' } : {}),
        ...(call.traceparent === undefined ? {} : { traceparent: call.traceparent }),
      },
      ...(call.body ? { body: call.body } : {}),
      headersTimeout: 0,
      bodyTimeout: 0,
    },
    reader,
  );
  return reader.answer;
}

const limitOf = (status: number) => (status === 200 ? MAX_ANSWER_BYTES : MAX_OTHER_BYTES);

/** @see https://www.rfc-editor.org/rfc/rfc9110#field.retry-after */
function retryAfterOf(headers: Record<string, string | string[] | undefined>): number | undefined {
  const milliseconds = Number(headers['retry-after-ms'] ?? Number.NaN);
  if (milliseconds >= 0) return milliseconds;
  const value = String(headers['retry-after'] ?? '');
  const wait = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now();
  return Number.isNaN(wait) ? undefined : Math.max(wait, 0);
}

export const NO_TIME = failed('timeout', 'AIDR gave no answer within the configured timeout');

/** Only the error's code goes into the detail: messages can quote what was sent. */
function failureOf(error: unknown, signal: AbortSignal): Failure {
  if (signal.aborted) return NO_TIME.failure;
  if (error instanceof TunnelError)
    return { class: 'unreachable', detail: `no connection to AIDR: ${error.finding}` };
  const code = error instanceof Error && 'code' in error && error.code ? String(error.code) : 'no code';
  if (MACHINE_EXHAUSTED.has(code))
    return { class: 'overloaded', detail: `this machine has no room for a connection to AIDR (${code})` };
  if (code.startsWith('UND_ERR_INVALID'))
    return { class: 'internal', detail: `the call to AIDR is not valid (${code})` };
  if (error instanceof errors.HTTPParserError)
    return { class: 'invalid_response', detail: `AIDR does not speak HTTP (${code})` };
  const unsent = BEFORE_SENDING.has(code) ? ({ isUnsent: true } as const) : {};
  return { class: 'unreachable', detail: `no connection to AIDR (${code})`, ...unsent };
}

/** What says for sure that there was no connection yet: no listener, no name, no trusted certificate. */
const BEFORE_SENDING: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'UND_ERR_CONNECT_TIMEOUT',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'CERT_HAS_EXPIRED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);
