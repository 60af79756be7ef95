/**
 * How a changed answer reaches the client.
 *
 * `exit` sends it as it is, in the provider's own format. That is what the client speaks, unless Kong's ai-proxy stands
 * between the two and translates: then the answer is handed to ai-proxy (`buffered_body` in ngx.ctx), which goes on
 * with it. Where ai-proxy streams it would ignore that and send the original.
 */
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { InspectionStats } from '../../src/inspection/report/inspection-stats.ts';
import type { Headers, KongRequest } from '../../src/kong/kong-request.ts';
import type { RequestContext } from '../shared/request-context.ts';

export type ResponseDelivery =
  | { kind: 'exit' }
  /** ai-proxy takes the bytes for what the upstream sent, with the upstream's own Content-Encoding. */
  | { kind: 'replace'; body: Uint8Array; plainLength: number }
  | { kind: 'none'; hint: string };

/** @param prompt what the request plugin read; absent where it is not on the route */
export async function responseDelivery(
  kongRequest: KongRequest,
  prompt: RequestContext['prompt'],
  answer: { body: Uint8Array; status: number; headers: Headers },
  stats: InspectionStats,
): Promise<ResponseDelivery> {
  if (isSpokenByClient(stats.formats, prompt) || answer.status !== 200) return EXIT;
  if (!(await kongRequest.isBesideAiProxy())) return EXIT;
  if (!prompt) return { kind: 'none', hint: 'add crowdstrike-aidr-request to the route' };
  if (stats.streamed || prompt.mayStream || !isJson(answer.headers.get('content-type'))) {
    return { kind: 'none', hint: 'ai-proxy translates this stream; set response_mode: live' };
  }
  const isCoded = answer.headers.get('content-encoding')?.trim().toLowerCase() === 'gzip';
  const { body } = answer;
  return { kind: 'replace', body: isCoded ? await coded(body) : body, plainLength: body.length };
}

/** In zlib's own threads: a megabyte takes tens of milliseconds. */
const coded = promisify(gzip);

const EXIT: ResponseDelivery = { kind: 'exit' };

/** Whoever asks ai-proxy for a translation speaks OpenAI's format; who does not, speaks the provider's. */
function isSpokenByClient(formats: readonly string[], prompt: RequestContext['prompt']): boolean {
  return formats.every((name) => name.startsWith('openai.') || prompt?.formats.includes(name));
}

function isJson(contentType: string | undefined): boolean {
  return contentType?.toLowerCase().startsWith('application/json') ?? false;
}
