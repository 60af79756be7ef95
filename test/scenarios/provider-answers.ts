/** What each provider answers: one text in that provider's shape. */
import type { Answer, ProviderRequest } from '../../testkit/providers/index.ts';

/** The answer of whichever API the path names. */
export function answerOf(text: string): (request: ProviderRequest) => Answer {
  return ({ path }) => ({ body: (SHAPES.find(([suffix]) => suffix.test(path))?.[1] ?? chat)(text) });
}

const usage = { input_tokens: 1, output_tokens: 1 };

const chat = (text: string) => ({
  id: 'chatcmpl-1',
  object: 'chat.completion',
  choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content: text } }],
});

const responses = (text: string) => ({
  id: 'resp_1',
  object: 'response',
  status: 'completed',
  output: [
    {
      id: 'msg_1',
      type: 'message',
      role: 'assistant',
      status: 'completed',
      content: [{ type: 'output_text', text, annotations: [] }],
    },
  ],
});

const completions = (text: string) => ({
  id: 'cmpl-1',
  object: 'text_completion',
  choices: [{ index: 0, finish_reason: 'stop', logprobs: null, text }],
});

const messages = (text: string) => ({
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: 'claude',
  stop_reason: 'end_turn',
  content: [{ type: 'text', text }],
  usage,
});

const cohere = (text: string) => ({
  id: 'c14c80c3-18eb-4519-9460-6c92edd8cfb4',
  finish_reason: 'COMPLETE',
  message: { role: 'assistant', content: [{ type: 'text', text }] },
  usage: { tokens: usage },
});

const cohereV1 = (text: string) => ({
  response_id: '0fa2a1f3-6f2f-4b3c-8a39-5f6b5a1c7d11',
  generation_id: 'c14c80c3-18eb-4519-9460-6c92edd8cfb4',
  finish_reason: 'COMPLETE',
  text,
});

const embeddings = () => ({
  object: 'list',
  model: 'text-embedding-3-small',
  data: [{ object: 'embedding', index: 0, embedding: [0.25, -0.5] }],
  usage: { prompt_tokens: 1, total_tokens: 1 },
});

const gemini = (text: string) => ({
  candidates: [{ index: 0, finishReason: 'STOP', content: { role: 'model', parts: [{ text }] } }],
});

const converse = (text: string) => ({
  output: { message: { role: 'assistant', content: [{ text }] } },
  stopReason: 'end_turn',
  usage: { inputTokens: 1, outputTokens: 1, totalTokens: 2 },
  metrics: { latencyMs: 1 },
});

const titan = (text: string) => ({
  inputTextTokenCount: 1,
  results: [{ tokenCount: 1, outputText: text, completionReason: 'FINISH' }],
});

const SHAPES: [RegExp, (text: string) => object][] = [
  [/\/v1\/responses$/, responses],
  [/\/v1\/completions$/, completions],
  [/\/v1\/messages$/, messages],
  [/\/v2\/chat$/, cohere],
  [/\/v1\/chat$/, cohereV1],
  [/\/v1\/embeddings$/, embeddings],
  [/:(?:g|streamG)enerateContent(?:\?|$)/, gemini],
  [/\/converse$/, converse],
  [/\/invoke$/, titan],
];
