/**
 * Servers that speak like OpenAI, and have endpoints of their own beside that. Most serve open models; who runs one behind
 * Kong configures OpenAI as the provider.
 */
import { messages } from '../anthropic/messages.ts';
import { ollama } from '../kong/ollama.ts';
import { ollamaError } from '../kong/refusal.ts';
import { chatCompletions } from '../openai/chat-completions.ts';
import { completions } from '../openai/completions.ts';
import { embeddings } from '../openai/embeddings.ts';
import { openAiError } from '../openai/refusal.ts';
import { responses } from '../openai/responses.ts';
import type { Server } from '../provider.ts';
import { dashScope } from './dashscope-endpoints.ts';
import { tei, tgi } from './hugging-face.ts';
import { llamaCompletion } from './llama-completion.ts';
import { sglangGenerate } from './sglang-generate.ts';
import { ollamaTexts, texts } from './texts.ts';

const llamaCpp: Server = {
  displayName: 'llama.cpp',
  formats: [llamaCompletion],
  endpoints: [
    {
      names: ['/completion', '/completions', '/infill'],
      path: /(?<!\/chat|\/fim|\/v1)\/(?:completions?|infill)$/i,
      formats: [llamaCompletion, completions],
    },
    {
      names: ['/embedding', '/embeddings'],
      path: /(?<!\/v1)\/embeddings?$/i,
      formats: [embeddings, texts],
    },
    {
      names: [
        '/tokenize',
        '/detokenize',
        '/rerank',
        '/reranking',
        '/v1/rerank',
        '/v1/reranking',
        '/v1/systemone',
      ],
      path: /\/(?:tokenize|detokenize|rerank|reranking|systemone)$/i,
      formats: [texts],
    },
    {
      names: ['/apply-template', '/v1/chat/completions/input_tokens'],
      path: /\/(?:apply-template|chat\/completions\/input_tokens)$/i,
      formats: [chatCompletions, texts],
    },
    {
      names: ['/slots…', '/props', '/models', '/models/load', '/models/unload', '/health'],
      path: /\/(?:slots(?:\/[^/]+)?|props|models(?:\/(?:load|unload))?|health)$/i,
      formats: [texts],
    },
    { names: ['/lora-adapters'], path: /\/lora-adapters$/i, formats: [texts], takesList: true },
    {
      // What a client missed of a stream.
      names: ['/v1/stream/{id}'],
      path: /\/v1\/stream\/[^/]+$/i,
      formats: [chatCompletions, completions, llamaCompletion, responses, messages],
    },
    {
      names: ['/v1/streams/lookup', '/v1/chat/completions/control'],
      path: /\/(?:v1\/streams\/lookup|chat\/completions\/control)$/i,
      formats: [texts],
    },
  ],
  refusals: [{ formats: [llamaCompletion, sglangGenerate, texts], error: openAiError }],
};

const vllm: Server = {
  displayName: 'vLLM',
  formats: [],
  endpoints: [
    { names: ['/generate'], path: /(?<!\/v1|\/api)\/generate$/i, formats: [sglangGenerate] },
    {
      names: ['/tokenize', '/pooling', '/classify', '/v1/chat/completions/render', '/v1/completions/render'],
      path: /(?:(?<!\/v\d)\/(?:tokenize|pooling|classify)|\/completions\/render)$/i,
      formats: [chatCompletions, completions, texts],
    },
    {
      names: [
        ...['/detokenize', '/score', '/v1/score', '/rerank', '/v1/rerank', '/v2/rerank', '/v1/pooling'],
        ...['/v1/classify', '/generative_scoring', '/v1/chat/completions/batch'],
      ],
      path: /\/(?:detokenize|score|rerank|v1\/(?:pooling|classify)|generative_scoring|chat\/completions\/batch)$/i,
      formats: [texts],
    },
    {
      names: ['/inference/v1/generate'],
      path: /\/inference\/v1\/generate$/i,
      formats: [texts],
      refused: { why: 'unread_answer', instead: '/v1/completions' },
    },
    {
      names: ['/health', '/ping', '/version', '/load', '/tokenizer_info', '/server_info'],
      path: /\/(?:health|ping|version|load|tokenizer_info|server_info)$/i,
      formats: [texts],
    },
  ],
};

const sglang: Server = {
  displayName: 'SGLang',
  formats: [sglangGenerate],
  endpoints: [
    { names: ['/generate'], path: /(?<!\/v1|\/api)\/generate$/i, formats: [sglangGenerate] },
    {
      names: [
        '/encode',
        '/classify',
        '/tokenize',
        '/v1/tokenize',
        '/detokenize',
        '/v1/detokenize',
        '/v1/score',
        '/v1/classify',
      ],
      path: /\/(?:encode|classify|tokenize|detokenize|score)$/i,
      formats: [texts],
    },
    {
      names: [
        ...['/separate_reasoning', '/parse_function_call', '/vertex_generate', '/abort_request'],
        ...['/open_session', '/close_session'],
      ],
      path: /\/(?:separate_reasoning|parse_function_call|vertex_generate|abort_request|(?:open|close)_session)$/i,
      formats: [texts],
    },
    {
      names: [
        '/health',
        '/health_generate',
        '/model_info',
        '/get_model_info',
        '/server_info',
        '/get_server_info',
      ],
      path: /\/(?:health|health_generate|(?:get_)?(?:model|server)_info)$/i,
      formats: [texts],
    },
  ],
};

const ollamaServer: Server = {
  displayName: 'Ollama',
  formats: [],
  endpoints: [
    { names: ['/api/chat', '/api/generate'], path: /\/api\/(?:chat|generate)$/i, formats: [ollama] },
    {
      names: ['/api/embed', '/api/embeddings', '/api/show', '/api/tags', '/api/ps', '/api/version'],
      path: /\/api\/(?:embed|embeddings|show|tags|ps|version)$/i,
      formats: [ollamaTexts],
    },
    {
      names: ['/api/create', '/api/pull', '/api/push', '/api/copy', '/api/delete'],
      path: /\/api\/(?:create|pull|push|copy|delete)$/i,
      formats: [ollamaTexts],
    },
    {
      names: [
        '/api/web_search',
        '/api/web_fetch',
        '/api/experimental/web_search',
        '/api/experimental/web_fetch',
      ],
      path: /\/api\/(?:experimental\/)?web_(?:search|fetch)$/i,
      formats: [ollamaTexts],
    },
    { names: ['/api/me', '/api/status'], path: /\/api\/(?:me|status)$/i, formats: [ollamaTexts] },
  ],
  refusals: [{ formats: [ollamaTexts], error: ollamaError }],
};

export const SERVERS: readonly Server[] = [llamaCpp, tgi, tei, vllm, sglang, ollamaServer, dashScope];
