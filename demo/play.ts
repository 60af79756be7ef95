/** One request through the gateway, and what client, provider and AIDR each saw of it. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Answer } from '../testkit/providers/index.ts';
import { awsEventsAsText } from './aws-events.ts';
import type { DemoStage } from './stage.ts';

export interface Step {
  title: string;
  route: string;
  path: string;
  body: string;
  headers?: Record<string, string>;
  /** Who is behind the gateway, where it is no provider. */
  upstream?: string;
  /** What the provider answers, if it is asked. */
  answer: Answer;
}

/** As JSON for the page. */
export interface SeenStep {
  title: string;
  route: string;
  upstream: string;
  ms: number;
  client: { sent: string; status: number; got: string };
  /** Null where it was never asked. */
  provider: { got: string; answered: string } | null;
  aidr: { sent: unknown; answered: unknown }[];
  record: unknown;
}

export type PlayEvent =
  | { kind: 'begin'; title: string }
  | { kind: 'chunk'; text: string }
  | { kind: 'seen'; step: SeenStep }
  | { kind: 'note'; text: string };

const TAG = 'x-demo-request';

/** @param hear gets what arrives at the client while it arrives */
export async function playStep(
  stage: DemoStage,
  step: Step,
  hear: (event: PlayEvent) => void,
): Promise<void> {
  const { aidr, provider, gateway } = stage;
  const tag = randomUUID();
  const [calls, requests] = [aidr.calls.length, provider.requests.length];
  provider.answer(step.answer);
  hear({ kind: 'begin', title: step.title });
  const began = performance.now();
  const response = await fetch(`${gateway.url}/${step.route}${step.path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...step.headers, [TAG]: tag },
    body: step.body,
  });
  const got = await textOf(response, hear);
  const ms = Math.round(performance.now() - began);
  const record = await recordOf(stage, tag);
  const received = provider.requests.slice(requests).find(({ headers }) => headers[TAG] === tag);
  const seen = {
    ...{ title: step.title, route: step.route, upstream: step.upstream ?? 'The provider', ms, record },
    client: { sent: step.body, status: response.status, got },
    provider: received ? { got: received.body.toString(), answered: writtenBy(step.answer) } : null,
    aidr: aidr.calls.slice(calls).map(({ body, answer }) => ({ sent: body, answered: answer?.body ?? null })),
  };
  hear({ kind: 'seen', step: seen });
}

async function textOf(response: Response, hear: (event: PlayEvent) => void): Promise<string> {
  const asText = streamReader(response.headers.get('content-type'));
  if (!asText || !response.body) return response.text();
  let all = '';
  for await (const bytes of response.body) {
    const text = asText(bytes);
    all += text;
    hear({ kind: 'chunk', text });
  }
  return all;
}

/** @returns undefined for what is no stream */
function streamReader(contentType: string | null): ((bytes: Uint8Array) => string) | undefined {
  if (contentType?.startsWith('application/vnd.amazon.eventstream')) return awsEventsAsText();
  if (!contentType?.startsWith('text/event-stream')) return undefined;
  const decoder = new TextDecoder();
  return (bytes) => decoder.decode(bytes, { stream: true });
}

function writtenBy(answer: Answer): string {
  if (!('chunks' in answer))
    return typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body);
  const asText = streamReader(answer.headers?.['content-type']?.toString() ?? 'text/event-stream');
  return answer.chunks.map((chunk) => asText?.(Buffer.from(chunk)) ?? '').join('');
}

/** Log plugins write when the client has its answer. */
async function recordOf({ gateway }: DemoStage, tag: string): Promise<unknown> {
  for (const deadline = Date.now() + 3_000; Date.now() < deadline; await sleep(20)) {
    const found = (await gateway.records()).find(({ request }) => request?.headers?.[TAG] === tag);
    if (found) return found.crowdstrike_aidr ?? null;
  }
  return null;
}
