/** Asks AIDR for one verdict within one deadline. */
import { Agent, request } from 'undici';
import type { Failure, FailureClass } from './failure.ts';
import type { GuardRequest } from './request.ts';
import { type Inspected, readAnswer } from './verdict.ts';

export interface AidrEndpoint {
  baseUrl: string;
  key: string;
  verifyTls: boolean;
}

/** AIDR takes one mebibyte a request, the whole JSON body after encoding. */
const MAX_REQUEST_BYTES = 1_048_576;
/** An answer repeats what was sent and lists findings; more than this is not AIDR. */
const MAX_ANSWER_BYTES = 16 * 1_048_576;
/** Idle connections are kept shorter than the 60 s after which load balancers usually drop them. */
const KEEP_ALIVE_MS = 50_000;
/** Connections to one AIDR origin; beyond that, calls wait for a free one within their deadline. */
const MAX_CONNECTIONS = 256;

const agents = new Map<boolean, Agent>();

/** Connections are shared by all instances in the process. */
function agentFor(verifyTls: boolean): Agent {
  let agent = agents.get(verifyTls);
  if (!agent) {
    agent = new Agent({
      connections: MAX_CONNECTIONS,
      keepAliveTimeout: KEEP_ALIVE_MS,
      connect: { rejectUnauthorized: verifyTls },
    });
    agents.set(verifyTls, agent);
  }
  return agent;
}

/** @param signal aborts at the inspection's deadline, or when the verdict is no longer needed */
export async function askAidr(
  endpoint: AidrEndpoint,
  guard: GuardRequest,
  signal: AbortSignal,
): Promise<Inspected> {
  const body = Buffer.from(JSON.stringify(guard), 'utf8');
  if (body.length > MAX_REQUEST_BYTES) {
    return failed(
      'payload_too_large',
      `the texts need more than AIDR's ${MAX_REQUEST_BYTES} bytes a request`,
    );
  }
  try {
    const answer = await request(urlOf(endpoint), {
      method: 'POST',
      headers: {
        authorization: `Bearer ${endpoint.key}`,
        'content-type': 'application/json',
        accept: 'application/json',
        'user-agent': 'crowdstrike-aidr-kong',
      },
      body,
      dispatcher: agentFor(endpoint.verifyTls),
      signal,
      headersTimeout: 0,
      bodyTimeout: 0,
    });
    const bytes = await readUpTo(answer.body, MAX_ANSWER_BYTES);
    if (!bytes) return failed('invalid_response', `AIDR's answer is larger than ${MAX_ANSWER_BYTES} bytes`);
    return readAnswer(answer.statusCode, bytes);
  } catch (error) {
    return { ok: false, failure: failureOf(error, signal) };
  }
}

/** One slash at the joint, whatever the user wrote. */
function urlOf(endpoint: AidrEndpoint): string {
  return `${endpoint.baseUrl.trim().replace(/\/+$/, '')}/v1/guard_chat_completions`;
}

async function readUpTo(body: AsyncIterable<Uint8Array>, limit: number): Promise<Uint8Array | undefined> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > limit) return undefined;
    chunks.push(chunk);
  }
  return chunks.length === 1 ? chunks[0] : Buffer.concat(chunks);
}

function failed(failure: FailureClass, detail: string): Inspected {
  return { ok: false, failure: { class: failure, detail } };
}

/** Only the error's code goes into the detail: messages can quote what was sent. */
function failureOf(error: unknown, signal: AbortSignal): Failure {
  if (signal.aborted)
    return { class: 'timeout', detail: 'AIDR gave no answer within the configured timeout' };
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
  if (code.startsWith('UND_ERR_INVALID'))
    return { class: 'internal', detail: `the call to AIDR is not valid (${code})` };
  if (code.startsWith('HPE_'))
    return { class: 'invalid_response', detail: `AIDR does not speak HTTP (${code})` };
  return { class: 'unreachable', detail: `no connection to AIDR (${code})` };
}
