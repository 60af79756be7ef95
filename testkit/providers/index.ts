/**
 * A mock LLM provider: it records every byte it receives and answers what it was told to, or else as the provider
 * API whose path was called would. One file per provider API; openai.ts is the first.
 */
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { listenForHttp } from '../harness/http-listener.ts';
import { type Answer, send } from './answer.ts';
import { answerChatCompletion, openAiError } from './openai.ts';

export type { Answer, Encoding } from './answer.ts';

/** A request as it arrived. */
export interface ProviderRequest {
  readonly method: string;
  /** Path with query. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** Names and values alternating, spelled and ordered as sent. */
  readonly rawHeaders: readonly string[];
  /** The bytes of the body, still content-encoded if they were. */
  readonly body: Buffer;
}

export interface ProviderOptions {
  /** Default: any free port. */
  port?: number;
  /** Default: the loopback address. */
  host?: string | undefined;
}

export interface Provider {
  /** e.g. `http://127.0.0.1:4010`; no path, no slash at its end. */
  readonly url: string;
  readonly requests: ProviderRequest[];
  /** Answers that are being sent; what a client has left counts until that is noticed. */
  readonly underWay: number;
  /** Scripts the answer to all following requests; undefined goes back to the provider's own. */
  answer(next: Answer | ((request: ProviderRequest) => Answer) | undefined): void;
  /** Cuts every connection and frees the port. */
  stop(): Promise<void>;
  /** Forgets requests and script. */
  reset(): void;
}

/** Starts a mock provider on 127.0.0.1. */
export async function startProvider(options: ProviderOptions = {}): Promise<Provider> {
  const requests: ProviderRequest[] = [];
  let underWay = 0;
  let script: Answer | ((request: ProviderRequest) => Answer) | undefined;

  const server = await listenForHttp(options.port ?? 0, serve, options.host);

  async function serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const request = await receive(incoming);
    requests.push(request);
    underWay += 1;
    try {
      await send(typeof script === 'function' ? script(request) : (script ?? ownAnswer(request)), response);
    } finally {
      underWay -= 1;
    }
  }

  return {
    url: server.url,
    requests,
    get underWay() {
      return underWay;
    },
    answer(next) {
      script = next;
    },
    stop: server.stop,
    reset() {
      requests.length = 0;
      script = undefined;
    },
  };
}

/** What the provider whose API was called would say. */
function ownAnswer(request: ProviderRequest): Answer {
  const path = request.path.replace(/\?.*/, '');
  if (request.method === 'POST' && path === '/v1/chat/completions') return answerChatCompletion(request);
  return openAiError(404, `Invalid URL (${request.method} ${path})`);
}

async function receive(incoming: IncomingMessage): Promise<ProviderRequest> {
  const { method = '', url = '', headers, rawHeaders } = incoming;
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk);
  return { method, path: url, headers, rawHeaders, body: Buffer.concat(chunks) };
}
