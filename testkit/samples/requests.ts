/** One request of each API, with a text in as many of its places as fit into one body. */
import type { RequestSample } from './sample.ts';

const SCHEMA = {
  type: 'object',
  properties: { city: { type: 'string', description: 'Which city it is.', enum: ['Rome', 'Oslo'] } },
  required: ['city'],
};

const BASE64_TEXT = Buffer.from('A file that is a text.').toString('base64');

const FUNCTION = { name: 'weather', description: 'Tells the weather.', parameters: SCHEMA };

const CHAT = {
  model: 'gpt-4o',
  messages: [
    { role: 'system', content: 'You are a kind helper.' },
    { role: 'user', name: 'ann', content: 'How is the weather in Rome?' },
    {
      role: 'assistant',
      content: null,
      tool_calls: [
        { id: 'call_1', type: 'function', function: { name: 'weather', arguments: '{"city":"Rome"}' } },
      ],
    },
    { role: 'tool', tool_call_id: 'call_1', content: 'It is sunny there.' },
    {
      role: 'assistant',
      content: 'It is sunny.',
      refusal: 'I would rather not.',
      reasoning_content: 'Let me see.',
    },
    {
      role: 'user',
      content: [
        { type: 'text', text: 'And what is on this picture?' },
        { type: 'image_url', image_url: { url: 'https://example.com/a.png', detail: 'low' } },
        {
          type: 'file',
          file: { filename: 'notes of mine.txt', file_data: `data:text/plain;base64,${BASE64_TEXT}` },
        },
        { type: 'text', text: 'Please be brief.' },
      ],
    },
  ],
  tools: [{ type: 'function', function: FUNCTION }],
  response_format: {
    type: 'json_schema',
    json_schema: { name: 'weather', description: 'What it should be.', schema: SCHEMA },
  },
  prediction: { type: 'content', content: 'It is rainy.' },
  metadata: { topic: 'weather of cities' },
  temperature: 0.5,
  stream: false,
};

export const REQUESTS: readonly RequestSample[] = [
  {
    name: 'chat completions',
    route: ['openai', '/v1/chat/completions'],
    path: '/v1/chat/completions',
    body: CHAT,
  },
  { name: 'chat completions, auto', route: ['openai', 'auto'], path: '/any', body: CHAT },
  {
    name: 'azure chat completions',
    route: ['azureai', '/chat/completions'],
    path: '/openai/deployments/d/chat/completions',
    body: {
      messages: CHAT.messages,
      data_sources: [
        {
          type: 'azure_search',
          parameters: { role_information: 'You know the handbook.', endpoint: 'https://s' },
        },
      ],
    },
  },
  {
    name: 'completions',
    route: ['openai', '/v1/completions'],
    path: '/v1/completions',
    body: { model: 'm', prompt: ['Once upon a time', 'In a hole'], suffix: 'the end of it.', max_tokens: 5 },
  },
  {
    name: 'embeddings',
    route: ['openai', '/v1/embeddings'],
    path: '/v1/embeddings',
    body: { model: 'm', input: ['One text to embed', 'and another one'], encoding_format: 'float' },
  },
  {
    name: 'responses',
    route: ['openai', '/v1/responses'],
    path: '/v1/responses',
    body: {
      model: 'm',
      instructions: 'Be kind to everyone.',
      input: [
        { role: 'developer', content: 'Answer in verse.' },
        { role: 'user', content: [{ type: 'input_text', text: 'What is the weather?' }] },
        {
          type: 'reasoning',
          id: 'rs_1',
          summary: [{ type: 'summary_text', text: 'The user wants weather.' }],
        },
        { type: 'function_call', call_id: 'c', name: 'weather', arguments: '{"city":"Rome \\u00e9"}' },
        { type: 'function_call_output', call_id: 'c', output: 'Sunny all day.' },
        {
          type: 'web_search_call',
          id: 'w',
          status: 'completed',
          action: { type: 'search', query: 'rome weather' },
        },
        {
          type: 'message',
          role: 'assistant',
          content: [{ type: 'output_text', text: 'Sun.', annotations: [] }],
        },
      ],
      prompt: { id: 'pmpt_1', variables: { city: 'Rome in May' } },
      text: { format: { type: 'json_schema', name: 'w', description: 'What it should be.', schema: SCHEMA } },
      tools: [
        { type: 'function', ...FUNCTION },
        { type: 'mcp', server_label: 's', server_description: 'Knows it.' },
      ],
    },
  },
  {
    name: 'anthropic messages',
    route: ['anthropic', '/v1/messages'],
    path: '/v1/messages',
    body: {
      model: 'claude',
      max_tokens: 9,
      system: [{ type: 'text', text: 'You are a kind helper.', cache_control: { type: 'ephemeral' } }],
      messages: [
        { role: 'user', content: 'How is the weather?' },
        {
          role: 'assistant',
          content: [
            { type: 'thinking', thinking: 'The user wants weather.', signature: 'c2lnbmVk' },
            { type: 'text', text: 'Let me look.' },
            {
              type: 'tool_use',
              id: 'toolu_1',
              name: 'weather',
              input: { city: 'Rome', days: ['Monday next'] },
            },
          ],
        },
        {
          role: 'user',
          content: [
            {
              type: 'tool_result',
              tool_use_id: 'toolu_1',
              content: [{ type: 'text', text: 'Sunny there.' }],
            },
            {
              type: 'document',
              title: 'Notes on Rome',
              context: 'From the archive.',
              source: { type: 'text', media_type: 'text/plain', data: 'Rome is old.' },
              citations: { enabled: true },
            },
            { type: 'document', source: { type: 'base64', media_type: 'text/plain', data: BASE64_TEXT } },
            { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'iVBORw0KGgo=' } },
            {
              type: 'search_result',
              title: 'A found page',
              source: 'https://e',
              content: [{ type: 'text', text: 'Yes.' }],
            },
            { type: 'text', text: 'So what is it?' },
          ],
        },
      ],
      tools: [{ name: 'weather', description: 'Tells the weather.', input_schema: SCHEMA }],
    },
  },
  {
    name: 'anthropic batches',
    route: ['anthropic', '/v1/messages'],
    path: '/v1/messages/batches',
    body: {
      requests: [
        {
          custom_id: 'a',
          params: { model: 'c', max_tokens: 1, messages: [{ role: 'user', content: 'First one.' }] },
        },
        {
          custom_id: 'b',
          params: { model: 'c', max_tokens: 1, messages: [{ role: 'user', content: 'Second one.' }] },
        },
      ],
    },
  },
  {
    name: 'anthropic complete',
    route: ['anthropic', '/v1/complete'],
    path: '/v1/complete',
    body: { model: 'claude-2', prompt: '\n\nHuman: How are you?\n\nAssistant:', max_tokens_to_sample: 9 },
  },
  {
    name: 'cohere v2 chat',
    route: ['cohere', '/v2/chat'],
    path: '/v2/chat',
    body: {
      model: 'command',
      messages: [
        { role: 'system', content: 'Be kind to everyone.' },
        { role: 'user', content: [{ type: 'text', text: 'How is it there?' }] },
        {
          role: 'assistant',
          tool_plan: 'I will look it up.',
          tool_calls: [
            { id: 'c', type: 'function', function: { name: 'weather', arguments: '{"city":"Rome"}' } },
          ],
        },
        {
          role: 'tool',
          tool_call_id: 'c',
          content: [{ type: 'document', document: { id: 'd', data: 'It is sunny.' } }],
        },
      ],
      documents: ['A plain document.', { id: 'd2', data: { title: 'Of Rome', snippet: 'Rome is old.' } }],
      tools: [{ type: 'function', function: FUNCTION }],
    },
  },
  {
    name: 'cohere v1 chat',
    route: ['cohere', '/v1/chat'],
    path: '/v1/chat',
    body: {
      model: 'command',
      preamble: 'Be kind to everyone.',
      chat_history: [
        { role: 'USER', message: 'Hello to you.' },
        { role: 'CHATBOT', message: 'Hello to you too.' },
      ],
      message: 'How is the weather?',
      documents: [{ title: 'Of Rome', snippet: 'Rome is old.' }],
      tool_results: [
        { call: { name: 'weather', parameters: { city: 'Rome' } }, outputs: [{ said: 'It is sunny.' }] },
      ],
      tools: [
        {
          name: 'weather',
          description: 'Tells it.',
          parameter_definitions: { city: { description: 'A city.' } },
        },
      ],
    },
  },
  {
    name: 'cohere generate',
    route: ['cohere', '/v1/generate'],
    path: '/v1/generate',
    body: { model: 'command', prompt: 'Once upon a time', max_tokens: 9 },
  },
  {
    name: 'gemini generateContent',
    route: ['gemini', 'generateContent'],
    path: '/v1beta/models/gemini-2.5-flash:generateContent',
    body: {
      systemInstruction: { parts: [{ text: 'Be kind to everyone.' }] },
      contents: [
        { role: 'user', parts: [{ text: 'How is it' }, { text: ' in Rome?' }] },
        { role: 'model', parts: [{ functionCall: { name: 'weather', args: { city: 'Rome' } } }] },
        {
          role: 'function',
          parts: [{ functionResponse: { name: 'weather', response: { said: 'It is sunny.' } } }],
        },
        {
          role: 'user',
          parts: [{ inlineData: { mimeType: 'text/plain', data: BASE64_TEXT } }, { text: 'So?' }],
        },
      ],
      tools: [{ functionDeclarations: [FUNCTION] }],
      generationConfig: {
        temperature: 1,
        responseSchema: { type: 'OBJECT', description: 'What it should be.' },
      },
    },
  },
  {
    name: 'gemini, the other spelling',
    route: ['gemini', 'auto'],
    path: '/v1beta/models/gemini:streamGenerateContent',
    body: {
      system_instruction: { parts: [{ text: 'Be kind to everyone.' }] },
      contents: [
        { parts: [{ text: 'Which one?' }, { executable_code: { language: 'PYTHON', code: 'print(1)' } }] },
      ],
    },
  },
  {
    name: 'gemini embedContent',
    route: ['gemini', 'auto'],
    path: '/v1beta/models/e:embedContent',
    body: { content: { parts: [{ text: 'A text to embed.' }] }, title: 'Its own title' },
  },
  {
    name: 'gemini countTokens',
    route: ['gemini', 'auto'],
    path: '/v1beta/models/e:countTokens',
    body: { contents: [{ parts: [{ text: 'A text to count.' }] }] },
  },
  {
    name: 'gemini predict',
    route: ['gemini', 'auto'],
    path: '/v1/models/e:predict',
    body: {
      instances: [{ content: 'A text to embed.', title: 'Its own title' }],
      parameters: { autoTruncate: true },
    },
  },
  {
    name: 'bedrock converse',
    route: ['bedrock', 'converse'],
    path: '/model/amazon.nova-micro-v1%3A0/converse',
    body: {
      system: [{ text: 'Be kind to everyone.' }],
      messages: [
        {
          role: 'user',
          content: [
            { text: 'How is it?' },
            { document: { name: 'notes', format: 'txt', source: { text: 'Rome is old.' } } },
          ],
        },
        {
          role: 'assistant',
          content: [{ toolUse: { toolUseId: 't', name: 'weather', input: { city: 'Rome' } } }],
        },
        {
          role: 'user',
          content: [
            { toolResult: { toolUseId: 't', content: [{ text: 'It is sunny.' }, { json: { a: 'b c' } }] } },
          ],
        },
      ],
      toolConfig: {
        tools: [{ toolSpec: { name: 'weather', description: 'Tells it.', inputSchema: { json: SCHEMA } } }],
      },
      inferenceConfig: { maxTokens: 9 },
      additionalModelRequestFields: { extra: 'another prompt' },
    },
  },
  {
    name: 'bedrock invoke, titan',
    route: ['bedrock', 'invoke'],
    path: '/model/amazon.titan-text-lite-v1/invoke',
    body: { inputText: 'Once upon a time', textGenerationConfig: { maxTokenCount: 9 } },
  },
  {
    name: 'bedrock invoke, claude',
    route: ['bedrock', 'invoke'],
    path: '/model/anthropic.claude-3/invoke',
    body: {
      anthropic_version: 'bedrock-2023-05-31',
      max_tokens: 9,
      system: 'Be kind to everyone.',
      messages: [{ role: 'user', content: [{ type: 'text', text: 'How is it?' }] }],
    },
  },
  {
    name: 'bedrock invoke, llama',
    route: ['bedrock', 'invoke'],
    path: '/model/meta.llama3/invoke',
    body: { prompt: 'Once upon a time', max_gen_len: 9 },
  },
  { name: 'kong chat', route: ['kong', '/llm/v1/chat'], path: '/llm/v1/chat', body: CHAT },
  {
    name: 'kong template',
    route: ['kong', '/llm/v1/chat'],
    path: '/llm/v1/chat',
    body: { messages: '{template://weather}', properties: { city: 'Rome in May' } },
  },
  {
    name: 'kong ollama',
    route: ['kong', '/llm/v1/chat'],
    path: '/api/chat',
    body: {
      model: 'm',
      keep_alive: 1,
      messages: [{ role: 'user', content: 'How is it?' }],
      options: { seed: 1 },
    },
  },
  {
    name: 'kong completions',
    route: ['kong', '/llm/v1/completions'],
    path: '/llm/v1/completions',
    body: { prompt: 'Once upon a time', model: 'm' },
  },
];
