/** One answer of each API, with a text in as many of its places as fit into one body. */
import type { AnswerSample } from './sample.ts';

const CHAT = {
  id: 'chatcmpl-1',
  object: 'chat.completion',
  created: 1,
  model: 'gpt-4o',
  choices: [
    {
      index: 0,
      finish_reason: 'stop',
      message: {
        role: 'assistant',
        content: 'It is sunny in Rome.',
        refusal: null,
        reasoning_content: 'The user wants weather.',
        annotations: [
          {
            type: 'url_citation',
            url_citation: { url: 'https://e', title: 'A page', start_index: 0, end_index: 5 },
          },
        ],
        tool_calls: [
          { id: 'c', type: 'function', function: { name: 'weather', arguments: '{"city":"Rome"}' } },
        ],
      },
      logprobs: { content: [{ token: 'It is', logprob: -1, bytes: null, top_logprobs: [] }] },
    },
    {
      index: 1,
      finish_reason: 'stop',
      message: { role: 'assistant', content: null, refusal: 'I would rather not.' },
    },
  ],
  usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
};

export const ANSWERS: readonly AnswerSample[] = [
  {
    name: 'chat completions',
    route: ['openai', '/v1/chat/completions'],
    path: '/v1/chat/completions',
    body: CHAT,
  },
  { name: 'kong chat', route: ['kong', '/llm/v1/chat'], path: '/llm/v1/chat', body: CHAT },
  {
    name: 'completions',
    route: ['openai', '/v1/completions'],
    path: '/v1/completions',
    body: {
      id: 'c',
      object: 'text_completion',
      choices: [{ index: 0, text: 'there was a king', logprobs: null }],
    },
  },
  {
    name: 'responses',
    route: ['openai', '/v1/responses'],
    path: '/v1/responses',
    body: {
      id: 'resp_1',
      object: 'response',
      status: 'completed',
      instructions: 'Be kind to everyone.',
      output: [
        { type: 'reasoning', id: 'rs', summary: [{ type: 'summary_text', text: 'The user wants it.' }] },
        { type: 'function_call', id: 'f', call_id: 'c', name: 'weather', arguments: '{"city":"Rome"}' },
        {
          id: 'msg',
          type: 'message',
          role: 'assistant',
          status: 'completed',
          content: [
            {
              type: 'output_text',
              text: 'It is sunny in Rome.',
              annotations: [{ type: 'url_citation', url: 'https://e', title: 'A page' }],
            },
            { type: 'refusal', refusal: 'I would rather not.' },
          ],
        },
      ],
      output_text: 'It is sunny in Rome.',
      tools: [
        { type: 'function', name: 'weather', description: 'Tells it.', parameters: { type: 'object' } },
      ],
    },
  },
  {
    name: 'anthropic messages',
    route: ['anthropic', '/v1/messages'],
    path: '/v1/messages',
    body: {
      id: 'msg_1',
      type: 'message',
      role: 'assistant',
      model: 'claude',
      content: [
        { type: 'thinking', thinking: 'The user wants weather.', signature: 'c2lnbmVk' },
        { type: 'text', text: 'It is ' },
        {
          type: 'text',
          text: 'sunny.',
          citations: [{ type: 'char_location', cited_text: 'sunny all day', document_title: 'Notes' }],
        },
        { type: 'tool_use', id: 'toolu_1', name: 'weather', input: { city: 'Rome', note: 'as asked' } },
      ],
      stop_reason: 'end_turn',
      usage: { input_tokens: 1, output_tokens: 1 },
    },
  },
  {
    name: 'anthropic complete',
    route: ['anthropic', '/v1/complete'],
    path: '/v1/complete',
    body: {
      type: 'completion',
      id: 'c',
      completion: ' I am well.',
      stop_reason: 'stop_sequence',
      model: 'claude-2',
    },
  },
  {
    name: 'cohere v2 chat',
    route: ['cohere', '/v2/chat'],
    path: '/v2/chat',
    body: {
      id: 'c',
      finish_reason: 'COMPLETE',
      message: {
        role: 'assistant',
        tool_plan: 'I will look it up.',
        content: [{ type: 'text', text: 'It is sunny in Rome.' }],
        citations: [
          {
            start: 0,
            end: 5,
            text: 'It is',
            sources: [{ type: 'document', id: 'd', document: { id: 'd', snippet: 'Rome is old.' } }],
          },
        ],
      },
    },
  },
  {
    name: 'cohere v1 chat',
    route: ['cohere', '/v1/chat'],
    path: '/v1/chat',
    body: {
      text: 'It is sunny in Rome.',
      generation_id: 'g',
      chat_history: [
        { role: 'USER', message: 'How is it?' },
        { role: 'CHATBOT', message: 'It is sunny in Rome.' },
      ],
      citations: [{ start: 0, end: 5, text: 'It is', document_ids: ['d'] }],
      documents: [{ id: 'd', snippet: 'Rome is old.', title: 'Of Rome' }],
      finish_reason: 'COMPLETE',
    },
  },
  {
    name: 'cohere generate',
    route: ['cohere', '/v1/generate'],
    path: '/v1/generate',
    body: {
      id: 'g',
      prompt: 'Once upon a time',
      generations: [{ id: 'x', text: 'there was a king', finish_reason: 'COMPLETE' }],
    },
  },
  {
    name: 'gemini generateContent',
    route: ['gemini', 'generateContent'],
    path: '/v1beta/models/gemini:generateContent',
    body: {
      candidates: [
        {
          index: 0,
          finishReason: 'STOP',
          content: {
            role: 'model',
            parts: [
              { text: 'The user wants it.', thought: true },
              { text: 'It is sunny.' },
              { functionCall: { name: 'weather', args: { city: 'Rome' } } },
              { codeExecutionResult: { outcome: 'OUTCOME_OK', output: 'one two' } },
            ],
          },
          citationMetadata: {
            citationSources: [{ startIndex: 0, endIndex: 5, uri: 'https://e', license: 'of mine' }],
          },
        },
      ],
      promptFeedback: { blockReasonMessage: 'None at all.' },
      modelVersion: 'gemini',
    },
  },
  {
    name: 'bedrock converse',
    route: ['bedrock', 'converse'],
    path: '/model/m/converse',
    body: {
      output: {
        message: {
          role: 'assistant',
          content: [
            { reasoningContent: { reasoningText: { text: 'The user wants it.', signature: 'c2lnbmVk' } } },
            { text: 'It is sunny.' },
            { toolUse: { toolUseId: 't', name: 'weather', input: { city: 'Rome' } } },
          ],
        },
      },
      stopReason: 'end_turn',
      usage: { inputTokens: 1, outputTokens: 1, totalTokens: 2 },
    },
  },
  {
    name: 'bedrock invoke, titan',
    route: ['bedrock', 'invoke'],
    path: '/model/amazon.titan/invoke',
    body: {
      inputTextTokenCount: 1,
      results: [{ tokenCount: 1, outputText: 'there was a king', completionReason: 'FINISH' }],
    },
  },
  {
    name: 'bedrock invoke, llama',
    route: ['bedrock', 'invoke'],
    path: '/model/meta.llama3/invoke',
    body: { generation: 'there was a king', prompt_token_count: 1, stop_reason: 'stop' },
  },
  {
    name: 'kong ollama',
    route: ['kong', '/llm/v1/chat'],
    path: '/api/chat',
    body: {
      model: 'm',
      created_at: 't',
      message: { role: 'assistant', content: 'It is sunny.' },
      done: true,
    },
  },
  {
    name: 'kong text generation',
    route: ['kong', '/llm/v1/completions'],
    path: '/llm/v1/completions',
    body: [{ generated_text: 'there was a king' }],
  },
];
