/** Thinking that its provider signed, and something in it that nobody may read. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Stage, type StageOptions, startStage } from '../../testkit/harness/stage.ts';
import type { ProviderRequest } from '../../testkit/providers/index.ts';
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
};

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

    it.each(['omitting', 'live'])(
      'is refused in a stream, and the client gets nothing of it (%s)',
      async (route) => {
        if (api !== ANTHROPIC) return;
        stage.provider.answer({ chunks: streamed(`They are ${SSN}, as I said.`) });
        const body = JSON.stringify({ ...api.body([asks]), stream: true });
        const { text } = await stage.post(body, { route, path: api.path });
        expect(text).not.toContain(SSN);
        expect(text).not.toContain('You are yourself.');
        expect(text).toContain('aidr_unappliable_redaction');
      },
    );
  });
}

function streamed(thinking: string): string[] {
  const event = (type: string, fields: object) =>
    `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`;
  const block = (index: number, start: object, ...deltas: object[]) => [
    event('content_block_start', { index, content_block: start }),
    ...deltas.map((delta) => event('content_block_delta', { index, delta })),
    event('content_block_stop', { index }),
  ];
  const message = ANTHROPIC.answer([], 'end_turn');
  return [
    event('message_start', { message: { ...message, stop_reason: null } }),
    ...block(
      0,
      { type: 'thinking', thinking: '', signature: '' },
      { type: 'thinking_delta', thinking },
      { type: 'signature_delta', signature: SIGNATURE },
    ),
    ...block(1, { type: 'text', text: '' }, { type: 'text_delta', text: 'You are yourself.' }),
    event('message_delta', { delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 1 } }),
    event('message_stop', {}),
  ];
}
