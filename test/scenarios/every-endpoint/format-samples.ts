/** What each body format reads, by its name: a text in every place of a short request and of a short answer. */
import { awsFrame } from '../../../src/body/stream/aws-event-stream.ts';
import type { Answer } from './wire.ts';

export interface FormatSample {
  ask(text: string): object;
  answer(text: string): object;
  /** Where the API streams: a text in pieces. */
  stream?(...pieces: string[]): Answer;
  /** How the stream tells its text: in what is added (the default), in all that was said so far, or each event its own. */
  grows?: 'cumulative' | 'apart';
}

const UUID = '0123abcd-0123-4123-8123-0123456789ab';

const user = (content: string) => [{ role: 'user', content }];

/** @param event says a piece, and all that was said before it */
const stream =
  (event: (piece: string, soFar: string) => object) =>
  (...pieces: string[]): Answer => {
    const events = pieces.map((piece, at) => event(piece, pieces.slice(0, at + 1).join('')));
    return {
      type: 'text/event-stream',
      body: Buffer.from(events.map((one) => `data: ${JSON.stringify(one)}\n\n`).join('')),
    };
  };

const lines =
  (event: (piece: string, soFar: string) => object) =>
  (...pieces: string[]): Answer => {
    const events = pieces.map((piece, at) => event(piece, pieces.slice(0, at + 1).join('')));
    return {
      type: 'application/x-ndjson',
      body: Buffer.from(events.map((one) => `${JSON.stringify(one)}\n`).join('')),
    };
  };

const frames =
  (name: string, event: (piece: string) => object) =>
  (...pieces: string[]): Answer => ({
    type: 'application/vnd.amazon.eventstream',
    body: Buffer.concat(
      pieces.map((piece) =>
        awsFrame(
          { ':event-type': name, ':content-type': 'application/json', ':message-type': 'event' },
          event(piece),
        ),
      ),
    ),
  });

const base64 = (value: unknown) =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64');

/** Read leaf by leaf: what an API keeps, whatever it is. */
const kept: FormatSample = {
  ask: (text) => ({
    ...{ name: text, description: text, instructions: text, query: text, documents: [text, { text }] },
    ...{
      metadata: { note: text },
      items: [{ type: 'message', role: 'user', content: [{ type: 'text', text }] }],
    },
  }),
  answer: (text) => ({
    ...{
      description: text,
      note: text,
      error: { message: text },
      summary: [{ text }],
      results: [text, [text]],
    },
    ...{ data: [{ content: [{ type: 'text', text }], attributes: { note: text } }], has_more: false },
  }),
};

const claude = (content: string) => ({
  ...{ id: 'msg_1a', type: 'message', role: 'assistant', model: 'claude-opus-4' },
  content: [{ type: 'text', text: content }],
});
const gemini = (text: string) => ({
  candidates: [{ index: 0, content: { role: 'model', parts: [{ text }] } }],
});
const contents = (text: string) => ({ contents: [{ role: 'user', parts: [{ text }] }] });
const dashscope = (text: string) => ({ output: { text, finish_reason: 'stop' }, request_id: UUID });

/** Of servers that work on texts: vectors, tokens, ranks; and what they say while they load a model. */
const texts: FormatSample = {
  ask: (text) => ({ query: text, documents: [text, { text }], content: text, messages: user(text) }),
  answer: (text) => ({
    prompt: text,
    results: [{ index: 0, document: { text } }],
    tokens: [{ id: 1, piece: text }],
  }),
  stream: lines((text) => ({ status: 'downloading', note: text })),
  grows: 'apart',
};

export const FORMAT_SAMPLES: Record<string, FormatSample> = {
  'openai.chat-completions': {
    ask: (text) => ({ model: 'gpt-4o', messages: [{ role: 'system', content: text }, ...user(text)] }),
    answer: (content) => ({
      object: 'chat.completion',
      choices: [{ index: 0, message: { role: 'assistant', content } }],
    }),
    stream: stream((content) => ({
      object: 'chat.completion.chunk',
      choices: [{ index: 0, delta: { content } }],
    })),
  },
  'openai.completions': {
    ask: (prompt) => ({ model: 'gpt-3.5-turbo-instruct', prompt, suffix: prompt }),
    answer: (text) => ({ object: 'text_completion', choices: [{ index: 0, text, finish_reason: 'stop' }] }),
    stream: stream((text) => ({ object: 'text_completion', choices: [{ index: 0, text }] })),
  },
  'openai.responses': {
    ask: (text) => ({ model: 'gpt-4o', instructions: text, input: user(text) }),
    answer: (text) => ({
      ...{ id: 'resp_1a', object: 'response' },
      output: [
        { type: 'message', role: 'assistant', content: [{ type: 'output_text', text, annotations: [] }] },
      ],
    }),
    stream: stream((delta) => ({
      type: 'response.output_text.delta',
      output_index: 0,
      content_index: 0,
      delta,
    })),
  },
  'openai.embeddings': {
    ask: (input) => ({ model: 'text-embedding-3-small', input: [input, input] }),
    answer: (note) => ({ object: 'list', data: [{ object: 'embedding', index: 0, embedding: [0.1] }], note }),
  },
  'openai.resources': {
    ...kept,
    stream: stream((value) => ({
      ...{ id: 'msg_1a', object: 'thread.message.delta' },
      delta: { content: [{ index: 0, type: 'text', text: { value } }] },
    })),
  },
  'openai.transcriptions': {
    ask: (prompt) => ({ model: 'whisper-1', prompt }),
    answer: (text) => ({ text, segments: [{ id: 0, text }] }),
    stream: stream((delta) => ({ type: 'transcript.text.delta', delta })),
  },

  'anthropic.messages': {
    ask: (text) => ({ model: 'claude-opus-4', max_tokens: 8, system: text, messages: user(text) }),
    answer: claude,
    stream: stream((text) => ({
      type: 'content_block_delta',
      index: 0,
      delta: { type: 'text_delta', text },
    })),
  },
  'anthropic.message-batches': {
    ask: (text) => ({
      requests: [{ custom_id: 'a', params: { model: 'claude-opus-4', max_tokens: 8, messages: user(text) } }],
    }),
    answer: (text) => ({ custom_id: 'a', result: { type: 'succeeded', message: claude(text) } }),
  },
  'anthropic.complete': {
    ask: (text) => ({
      model: 'claude-instant-1.2',
      max_tokens_to_sample: 8,
      prompt: `\n\nHuman: ${text}\n\nAssistant:`,
    }),
    answer: (completion) => ({ type: 'completion', completion, stop_reason: 'stop_sequence' }),
    stream: stream((completion) => ({ type: 'completion', completion })),
  },
  'anthropic.resources': kept,
  'anthropic.sessions': {
    ask: (text) => ({
      ...kept.ask(text),
      events: [{ type: 'user.message', content: [{ type: 'text', text }] }],
    }),
    answer: (text) => ({ data: [{ type: 'agent.message', content: [{ type: 'text', text }] }] }),
    stream: stream((text) => ({
      ...{ type: 'event_delta', event_id: 'sevt_1a' },
      delta: { type: 'content_delta', index: 0, content: { type: 'text', text } },
    })),
  },

  'cohere.v2-chat': {
    ask: (text) => ({
      model: 'command-a-03-2025',
      messages: user(text),
      documents: [{ id: 'a', data: { text } }],
    }),
    answer: (text) => ({
      message: { role: 'assistant', content: [{ type: 'text', text }] },
      finish_reason: 'COMPLETE',
    }),
    stream: stream((text) => ({
      type: 'content-delta',
      index: 0,
      delta: { message: { content: { text } } },
    })),
  },
  'cohere.v1-chat': {
    ask: (message) => ({
      model: 'command-r',
      message,
      preamble: message,
      chat_history: [{ role: 'USER', message }],
    }),
    answer: (text) => ({ text, generation_id: UUID, finish_reason: 'COMPLETE' }),
    stream: lines((text) => ({ event_type: 'text-generation', is_finished: false, text })),
  },
  'cohere.v1-generate': {
    ask: (prompt) => ({ model: 'command', prompt }),
    answer: (text) => ({ generations: [{ text, finish_reason: 'COMPLETE' }], prompt: text }),
    stream: lines((text) => ({ event_type: 'text-generation', is_finished: false, text })),
  },
  'cohere.resources': kept,

  'gemini.generate-content': {
    ask: (text) => ({ systemInstruction: { parts: [{ text }] }, ...contents(text) }),
    answer: gemini,
    stream: stream(gemini),
  },
  'gemini.embed-content': {
    ask: (text) => ({ model: 'models/gemini-embedding-001', content: { parts: [{ text }] } }),
    answer: (note) => ({ embedding: { values: [0.1] }, note }),
  },
  'gemini.count-tokens': { ask: contents, answer: (note) => ({ totalTokens: 3, note }) },
  'gemini.predict': {
    ask: (prompt) => ({ instances: [{ prompt }], parameters: { sampleCount: 1, negativePrompt: prompt } }),
    answer: (prompt) => ({
      predictions: [{ bytesBase64Encoded: 'iVBORw0KGgo=', mimeType: 'image/png', prompt }],
    }),
  },
  'gemini.resources': {
    ...kept,
    stream: stream((text) => ({ event_type: 'step.delta', index: 0, delta: { type: 'text', text } })),
  },

  'bedrock.converse': {
    ask: (text) => ({ system: [{ text }], messages: [{ role: 'user', content: [{ text }] }] }),
    answer: (text) => ({
      output: { message: { role: 'assistant', content: [{ text }] } },
      stopReason: 'end_turn',
    }),
    stream: frames('contentBlockDelta', (text) => ({ contentBlockIndex: 0, delta: { text } })),
  },
  'bedrock.invoke': {
    ask: (text) => ({
      anthropic_version: 'bedrock-2023-05-31',
      max_tokens: 8,
      system: text,
      messages: user(text),
    }),
    answer: claude,
    stream: frames('chunk', (text) => ({
      bytes: base64({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } }),
    })),
  },
  'bedrock.resources': kept,
  'bedrock.agents': {
    ask: (text) => ({ inputText: text, sessionState: { promptSessionAttributes: { note: text } } }),
    answer: kept.answer,
    stream: frames('chunk', (text) => ({ bytes: base64(text) })),
  },

  'kong.prompt-template': {
    ask: (text) => ({ messages: '{template://greeting}', properties: { name: text, place: text } }),
    answer: (content) => ({ choices: [{ index: 0, message: { role: 'assistant', content } }] }),
  },
  'kong.text-generation': {
    ask: (inputs) => ({ inputs, parameters: { max_new_tokens: 8 } }),
    answer: (text) => ({ generated_text: text }),
    stream: stream((text) => ({
      index: 0,
      token: { id: 1, text, logprob: -1, special: false },
      generated_text: null,
    })),
  },
  'kong.ollama': {
    ask: (text) => ({ model: 'llama3', system: text, prompt: text }),
    answer: (response) => ({ model: 'llama3', response, done: true }),
    stream: lines((response) => ({ model: 'llama3', response, done: false })),
  },
  'llamacpp.completion': {
    ask: (prompt) => ({ prompt, n_predict: 8 }),
    answer: (content) => ({ index: 0, content, stop: true }),
    stream: stream((content) => ({ index: 0, content, stop: false })),
  },
  'sglang.generate': {
    ask: (text) => ({ text, sampling_params: { max_new_tokens: 8 } }),
    answer: (text) => ({ text, meta_info: { id: '0123456789abcdef0123456789abcdef' } }),
    stream: stream((_, text) => ({ text, meta_info: { id: '0123456789abcdef0123456789abcdef' } })),
    grows: 'cumulative',
  },
  'servers.texts': texts,
  'tei.texts': { ...texts, ask: (text) => ({ inputs: [text, text] }) },
  'ollama.texts': texts,
  'dashscope.generation': {
    ask: (prompt) => ({ model: 'qwen-plus', input: { prompt }, parameters: { seed: 1 } }),
    answer: dashscope,
    stream: stream((_, text) => dashscope(text)),
    grows: 'cumulative',
  },
  'dashscope.resources': kept,
};
