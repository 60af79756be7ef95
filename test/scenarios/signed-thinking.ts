/** Thinking that its provider signed, and something in it that nobody may read. */
import Anthropic from '@anthropic-ai/sdk';
import { BedrockRuntimeClient, ConverseStreamCommand } from '@aws-sdk/client-bedrock-runtime';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Stage, type StageOptions, startStage } from '../../testkit/harness/stage.ts';
import type { ProviderRequest } from '../../testkit/providers/index.ts';
import { encodeFrame } from '../../testkit/streams/encode-frames.ts';
import { answerOf } from './provider-answers.ts';

const SSN = '078-05-1120';
const SIGNATURE = 'ErUBCkYIBxgCIkDr3TqYmJcXw6y1n8vPq0Lk5ZsB7e2hG4tWfV9uAoRiMdNpHxQjEgw=';

interface ThinkingApi {
  name: string;
  provider: string;
  path: string;
  thinking(text: string): object;
  text(text: string): object;
  call: object;
  result: object;
  answer(content: object[], stopReason: string): object;
  body(messages: object[]): object;
  streamType: string;
  streamed(blocks: readonly StreamedBlock[], stopReason: string): Buffer[];
  /** @returns what its own client reads, streamed: the texts of the blocks */
  read(url: string): Promise<string[]>;
}

const ANTHROPIC: ThinkingApi = {
  name: 'Anthropic',
  provider: 'anthropic',
  path: '/v1/messages',
  thinking: (thinking) => ({ type: 'thinking', thinking, signature: SIGNATURE }),
  text: (text) => ({ type: 'text', text }),
  call: { type: 'tool_use', id: 'toolu_1', name: 'read', input: {} },
  result: { type: 'tool_result', tool_use_id: 'toolu_1', content: 'Nothing.' },
  answer: (content, stop_reason) => ({
    ...{ id: 'msg_1', type: 'message', role: 'assistant', model: 'claude', content, stop_reason },
    usage: { input_tokens: 1, output_tokens: 1 },
  }),
  body: (messages) => ({ model: 'claude', max_tokens: 9, messages }),
  streamType: 'text/event-stream',
  streamed: anthropicStream,
  read: readAnthropic,
};

const BEDROCK: ThinkingApi = {
  name: 'Bedrock',
  provider: 'bedrock',
  path: '/model/anthropic.claude-sonnet-4-20250514-v1:0/converse',
  thinking: (text) => ({ reasoningContent: { reasoningText: { text, signature: SIGNATURE } } }),
  text: (text) => ({ text }),
  call: { toolUse: { toolUseId: 'tooluse_1', name: 'read', input: {} } },
  result: { toolResult: { toolUseId: 'tooluse_1', content: [{ text: 'Nothing.' }] } },
  answer: (content, stopReason) => ({
    ...{ output: { message: { role: 'assistant', content } }, stopReason },
    usage: { inputTokens: 1, outputTokens: 1, totalTokens: 2 },
    metrics: { latencyMs: 1 },
  }),
  body: (messages) => ({ messages }),
  streamType: 'application/vnd.amazon.eventstream',
  streamed: bedrockStream,
  read: readBedrock,
};

/** A block of a streamed message, in the pieces that it comes in. */
interface StreamedBlock {
  kind: 'thinking' | 'text' | 'call';
  texts: string[];
}

function anthropicStream(blocks: readonly StreamedBlock[], stop_reason: string): Buffer[] {
  const event = (type: string, fields: object) =>
    Buffer.from(`event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`);
  const kinds = {
    thinking: [{ type: 'thinking', thinking: '', signature: '' }, 'thinking_delta', 'thinking'],
    text: [{ type: 'text', text: '' }, 'text_delta', 'text'],
    call: [ANTHROPIC.call, 'input_json_delta', 'partial_json'],
  } as const;
  const message = ANTHROPIC.answer([], 'end_turn');
  return [
    event('message_start', { message: { ...message, stop_reason: null } }),
    ...blocks.flatMap(({ kind, texts }, index) => {
      const [content_block, type, member] = kinds[kind];
      const deltas: object[] = texts.map((text) => ({ type, [member]: text }));
      if (kind === 'thinking') deltas.push({ type: 'signature_delta', signature: SIGNATURE });
      return [
        event('content_block_start', { index, content_block }),
        ...deltas.map((delta) => event('content_block_delta', { index, delta })),
        event('content_block_stop', { index }),
      ];
    }),
    event('message_delta', { delta: { stop_reason }, usage: { output_tokens: 1 } }),
    event('message_stop', {}),
  ];
}

function bedrockStream(blocks: readonly StreamedBlock[], stopReason: string): Buffer[] {
  const frame = (type: string, payload: object) =>
    encodeFrame({
      headers: { ':event-type': type, ':content-type': 'application/json', ':message-type': 'event' },
      payload: JSON.stringify(payload),
    });
  const deltaOf: Record<StreamedBlock['kind'], (text: string) => object> = {
    thinking: (text) => ({ reasoningContent: { text } }),
    text: (text) => ({ text }),
    call: (input) => ({ toolUse: { input } }),
  };
  return [
    frame('messageStart', { role: 'assistant' }),
    ...blocks.flatMap(({ kind, texts }, contentBlockIndex) => {
      const deltas: object[] = texts.map(deltaOf[kind]);
      if (kind === 'thinking') deltas.push({ reasoningContent: { signature: SIGNATURE } });
      const start = { toolUse: { toolUseId: 'tooluse_1', name: 'read' } };
      return [
        ...(kind === 'call' ? [frame('contentBlockStart', { contentBlockIndex, start })] : []),
        ...deltas.map((delta) => frame('contentBlockDelta', { contentBlockIndex, delta })),
        frame('contentBlockStop', { contentBlockIndex }),
      ];
    }),
    frame('messageStop', { stopReason }),
    frame('metadata', {
      usage: { inputTokens: 1, outputTokens: 1, totalTokens: 2 },
      metrics: { latencyMs: 1 },
    }),
  ];
}

/** @returns the texts of the blocks, in their order */
async function readAnthropic(baseURL: string): Promise<string[]> {
  const client = new Anthropic({ apiKey: 'k', baseURL, maxRetries: 0 });
  const messages = [{ role: 'user' as const, content: 'Who am I?' }];
  const { content } = await client.messages
    .stream({ model: 'claude', max_tokens: 9, messages })
    .finalMessage();
  return content.map((block) => (block.type === 'text' ? block.text : block.type));
}

async function readBedrock(endpoint: string): Promise<string[]> {
  const client = new BedrockRuntimeClient({
    ...{ region: 'us-east-1', endpoint, token: { token: 'k' }, maxAttempts: 1 },
    ...{ authSchemePreference: ['httpBearerAuth'], requestHandler: new NodeHttpHandler() },
  });
  const messages = [{ role: 'user' as const, content: [{ text: 'Who am I?' }] }];
  const { stream = [] } = await client.send(new ConverseStreamCommand({ modelId: 'm', messages }));
  const texts: string[] = [];
  for await (const { contentBlockDelta: told } of stream) {
    const index = told?.contentBlockIndex ?? 0;
    if (told) texts[index] = (texts[index] ?? '') + (told.delta?.text ?? 'no text');
  }
  return texts;
}

export function signedThinking(options: StageOptions): void {
  describe.each([ANTHROPIC, BEDROCK])('signed thinking with something to hide ($name)', (api) => {
    let stage: Stage;
    beforeAll(async () => {
      const upstream_llm = { provider: api.provider, api_uri: 'auto' };
      stage = await startStage({
        ...options,
        routes: {
          refusing: { config: { upstream_llm } },
          omitting: { config: { upstream_llm, on_signed_thinking: 'omit' } },
          live: { config: { upstream_llm, on_signed_thinking: 'omit', response_mode: 'live' } },
        },
      });
    });
    beforeEach(() => {
      stage.reset();
      stage.provider.answer(answerOf('Done.'));
    });
    afterAll(() => stage?.stop());

    const user = (...content: object[]) => ({ role: 'user', content });
    const assistant = (...content: object[]) => ({ role: 'assistant', content });
    const asks = user(api.text('Who am I?'));
    const secret = api.thinking(`They are ${SSN}.`);
    const harmless = api.thinking('They want to know who they are.');
    const said = api.text('You are yourself.');
    const post = (messages: object[], route = 'omitting') =>
      stage.post(JSON.stringify(api.body(messages), null, 1), { route, path: api.path });
    const answering = (content: object[], stopReason = 'end_turn') =>
      stage.provider.answer({ body: JSON.stringify(api.answer(content, stopReason), null, 1) });
    const told = ({ body }: ProviderRequest) => body.toString();

    it.each(['omitting', 'live'])('is left out of an answer, with all other thinking (%s)', async (route) => {
      answering([harmless, secret, said]);
      const { status, text } = await post([asks], route);
      expect(status).toBe(200);
      expect(text).toBe(JSON.stringify(api.answer([said], 'end_turn'), null, 1));
    });

    it.each<[string, object[], string, string?]>([
      ['calls a tool', [secret, said, api.call], 'tool_use'],
      ['holds nothing else', [secret], 'end_turn'],
      ['is on another route', [secret, said], 'end_turn', 'refusing'],
    ])('is refused where the answer %s', async (_how, content, stopReason, route) => {
      answering(content, stopReason);
      const { status, text } = await post([asks], route);
      expect(status).toBe(422);
      expect(text).not.toContain(SSN);
    });

    it('is left out of an earlier turn, in each turn after it, and nothing else of the message changes', async () => {
      for (let turn = 0; turn < 2; turn++) {
        expect((await post([asks, assistant(harmless, secret, said), asks])).status).toBe(200);
        const left = api.body([asks, assistant(said), asks]);
        expect(stage.provider.requests.map(told).at(-1)).toBe(JSON.stringify(left, null, 1));
      }
    });

    it('stays where nothing is to be hidden', async () => {
      const messages = [asks, assistant(harmless, said), asks];
      await post(messages);
      expect(stage.provider.requests.map(told)).toEqual([JSON.stringify(api.body(messages), null, 1)]);
    });

    it.each<[string, object[], string?]>([
      ['in the tool loop under way', [asks, assistant(secret, said, api.call), user(api.result)]],
      ['where nothing would be left', [asks, assistant(secret), asks]],
      ['on another route', [asks, assistant(secret, said), asks], 'refusing'],
    ])('is refused in a prompt %s', async (_where, messages, route) => {
      expect((await post(messages, route)).status).toBe(422);
      expect(stage.provider.requests).toEqual([]);
    });

    const THOUGHTS = ['They want to know who they are.', `They are ${SSN}.`];
    const SAID = ['You are ', 'yourself.'];
    const isStopped = { stop: 'end_turn' };
    const stream = async (route: string, blocks: readonly StreamedBlock[], { stop } = isStopped) => {
      const headers = { 'content-type': api.streamType };
      stage.provider.answer({ chunks: api.streamed(blocks, stop), headers });
      const path = api.path.replace(/converse$/, 'converse-stream');
      const reply = await fetch(`${stage.gateway.url}/${route}${path}`, {
        ...{ method: 'POST', headers: { 'content-type': 'application/json' } },
        body: JSON.stringify({ ...api.body([asks]), ...(api === ANTHROPIC ? { stream: true } : {}) }),
      });
      const bytes = Buffer.from(await reply.arrayBuffer());
      return { status: reply.status, told: bytes.toString('latin1') };
    };
    const thoughts: StreamedBlock = { kind: 'thinking', texts: THOUGHTS };
    const words: StreamedBlock = { kind: 'text', texts: SAID };
    const bytesOf = (blocks: readonly StreamedBlock[]) =>
      Buffer.concat(api.streamed(blocks, 'end_turn')).toString('latin1');

    it('is left out of a stream, and what is behind it gets new numbers', async () => {
      const harmlessOnes: StreamedBlock = { kind: 'thinking', texts: ['Who am I?'] };
      const { status, told } = await stream('omitting', [harmlessOnes, words, thoughts, words]);
      expect(status).toBe(200);
      expect(told).toBe(bytesOf([words, words]));
    });

    it("is left out of a stream as the provider's own client reads it", async () => {
      const chunks = api.streamed([thoughts, words], 'end_turn');
      stage.provider.answer({ chunks, headers: { 'content-type': api.streamType } });
      expect(await api.read(`${stage.gateway.url}/omitting`)).toEqual(['You are yourself.']);
    });

    it('stays in a stream where nothing is to be hidden', async () => {
      const harmlessOnes: StreamedBlock = { kind: 'thinking', texts: ['Who am I?'] };
      const { told } = await stream('omitting', [harmlessOnes, words]);
      expect(told).toBe(bytesOf([harmlessOnes, words]));
    });

    it.each<[string, StreamedBlock[], string?, string?]>([
      ['that calls a tool', [thoughts, words, { kind: 'call', texts: ['{}'] }], 'tool_use'],
      ['that holds nothing else', [thoughts, { kind: 'text', texts: [' '] }]],
      ['that the model may go on with', [thoughts, words], 'pause_turn'],
      ['on another route', [thoughts, words], 'end_turn', 'refusing'],
      ['that is live', [thoughts, words], 'end_turn', 'live'],
    ])(
      'is refused in a stream %s, and the client gets nothing of it',
      async (_which, blocks, stop = 'end_turn', route = 'omitting') => {
        const { told } = await stream(route, blocks, { stop });
        expect(told).not.toContain(SSN);
        expect(told).not.toContain('yourself.');
        expect(told).toContain('aidr_unappliable_redaction');
      },
    );
  });
}
