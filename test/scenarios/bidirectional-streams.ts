/** Bedrock's stream in both directions: no prompt of it can be read, so it never reaches the provider. */
import { setTimeout } from 'node:timers/promises';
import {
  BedrockRuntimeClient,
  InvokeModelWithBidirectionalStreamCommand,
} from '@aws-sdk/client-bedrock-runtime';
import { NodeHttp2Handler, NodeHttpHandler } from '@smithy/node-http-handler';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { embedded } from '../../testkit/harness/gateways/embedded.ts';
import { type Stage, type StageOptions, startStage } from '../../testkit/harness/stage.ts';

const EVENT = JSON.stringify({ event: { textInput: { content: 'My number is 234-56-7890' } } });

type Input = AsyncGenerator<{ chunk: { bytes: Uint8Array } }>;
type Handler = NodeHttpHandler | NodeHttp2Handler;

const silent = () => undefined;
const SILENT = { debug: silent, info: silent, warn: silent, error: silent };

const HANDLERS: [protocol: string, handler: () => Handler][] = [
  ['HTTP/1.1', () => new NodeHttpHandler()],
  ['HTTP/2', () => new NodeHttp2Handler()],
];

export function bidirectionalStreams(options: StageOptions): void {
  describe('a stream of Bedrock in both directions', () => {
    let stage: Stage;
    const bedrock = { config: { upstream_llm: { provider: 'bedrock', api_uri: 'auto' } } } as const;
    beforeAll(async () => {
      stage = await startStage({
        ...options,
        routes: {
          bedrock,
          'bedrock-live': { config: { ...bedrock.config, response_mode: 'live' } },
        },
      });
    });
    beforeEach(() => stage.reset());
    afterAll(() => stage?.stop());

    const asked = (route: string, requestHandler: Handler, input: Input, signal?: AbortSignal) =>
      new BedrockRuntimeClient({
        ...{ region: 'us-east-1', endpoint: `${stage.gateway.url}/${route}`, maxAttempts: 1, requestHandler },
        credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
        // It warns of what it cannot send twice.
        logger: SILENT,
      })
        .send(
          new InvokeModelWithBidirectionalStreamCommand({ modelId: 'amazon.nova-sonic-v1:0', body: input }),
          signal && { abortSignal: signal },
        )
        .catch((reason: unknown) => reason);

    describe.each(HANDLERS)('over %s', (protocol, handler) => {
      const cannot = protocol === 'HTTP/2' && options.driver === embedded;

      it.skipIf(cannot).each(['bedrock', 'bedrock-live'])('is refused (%s)', async (route) => {
        const error = await asked(route, handler(), said());
        expect(error).toMatchObject({ $metadata: { httpStatusCode: 422 } });
        expect(String(error)).toContain('use /model/{id}/converse-stream');
        expect(stage.provider.requests).toEqual([]);
      });

      it.skipIf(cannot)('reaches nobody while the client goes on talking', async () => {
        const leaving = new AbortController();
        const error = asked('bedrock', handler(), talking(leaving), leaving.signal);
        expect(String(await error)).toMatch(/abort/i);
        expect(stage.provider.requests).toEqual([]);
      });
    });
  });
}

/** One event, and the end. */
async function* said(): Input {
  yield { chunk: { bytes: Buffer.from(EVENT) } };
}

/** An event every tenth of a second; then the client leaves without an end. */
async function* talking(leaving: AbortController): Input {
  for (let count = 0; count < 5; count++) {
    yield { chunk: { bytes: Buffer.from(EVENT) } };
    await setTimeout(100);
  }
  leaving.abort();
  await setTimeout(100);
}
