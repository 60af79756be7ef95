/**
 * Servers that speak like OpenAI, and have endpoints of their own beside that. Most serve open models; who runs one behind
 * Kong configures OpenAI as the provider.
 */
import { ollama } from '../kong/ollama.ts';
import { textGeneration } from '../kong/text-generation.ts';
import { chatCompletions } from '../openai/chat-completions.ts';
import { completions } from '../openai/completions.ts';
import { embeddings } from '../openai/embeddings.ts';
import type { Server } from '../provider.ts';
import { dashscope } from './dashscope.ts';
import { DASHSCOPE_REFUSALS, DASHSCOPE_STREAM_ENDS } from './dashscope-refusal.ts';
import { llamaCompletion } from './llama-completion.ts';
import { sglangGenerate } from './sglang-generate.ts';
import { texts } from './texts.ts';

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
      names: ['/slots…', '/props', '/lora-adapters', '/models', '/models/load', '/models/unload', '/health'],
      path: /\/(?:slots(?:\/[^/]+)?|props|lora-adapters|models(?:\/(?:load|unload))?|health)$/i,
      formats: [texts],
    },
  ],
};

const tgi: Server = {
  displayName: 'Text Generation Inference',
  formats: [textGeneration],
  endpoints: [
    {
      names: ['/generate', '/generate_stream'],
      path: /(?<!\/v1|\/api)\/generate(?:_stream)?$/i,
      formats: [textGeneration],
    },
    {
      names: ['/invocations'],
      path: /\/invocations$/i,
      formats: [textGeneration, chatCompletions, completions, embeddings, sglangGenerate, texts],
    },
    {
      names: ['/tokenize', '/chat_tokenize'],
      path: /(?<!\/v\d)\/(?:chat_)?tokenize$/i,
      formats: [chatCompletions, textGeneration, texts],
    },
    { names: ['/info', '/health'], path: /\/(?:info|health)$/i, formats: [texts] },
  ],
};

const tei: Server = {
  displayName: 'Text Embeddings Inference',
  formats: [],
  endpoints: [
    {
      names: [
        '/embed',
        '/embed_all',
        '/embed_sparse',
        '/rerank',
        '/predict',
        '/similarity',
        '/tokenize',
        '/decode',
      ],
      path: /(?<!\/v\d)\/(?:embed|embed_all|embed_sparse|rerank|predict|similarity|tokenize|decode)$/i,
      formats: [texts],
    },
  ],
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
        '/detokenize',
        '/score',
        '/v1/score',
        '/rerank',
        '/v1/rerank',
        '/v2/rerank',
        '/v1/pooling',
        '/v1/classify',
      ],
      path: /\/(?:detokenize|score|rerank|v1\/(?:pooling|classify))$/i,
      formats: [texts],
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
      ],
      path: /\/(?:encode|classify|tokenize|detokenize|score)$/i,
      formats: [texts],
    },
    {
      names: ['/separate_reasoning', '/parse_function_call', '/vertex_generate', '/abort_request'],
      path: /\/(?:separate_reasoning|parse_function_call|vertex_generate|abort_request)$/i,
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
      formats: [texts],
    },
    {
      names: ['/api/create', '/api/pull', '/api/push', '/api/copy', '/api/delete'],
      path: /\/api\/(?:create|pull|push|copy|delete)$/i,
      formats: [texts],
    },
  ],
};

const SERVICES = ['aigc/text-generation/generation', 'aigc/multimodal-generation/generation'];
const VECTORS = [
  'embeddings/text-embedding/text-embedding',
  'embeddings/multimodal-embedding/multimodal-embedding',
  'rerank/text-rerank/text-rerank',
];

const dashScope: Server = {
  displayName: 'DashScope',
  formats: [dashscope],
  endpoints: [
    {
      names: [...SERVICES, ...VECTORS].map((service) => `/api/v1/services/${service}`),
      path: /\/services\/(?:aigc\/(?:text|multimodal)-generation\/generation|embeddings\/(?:text|multimodal)-embedding\/(?:text|multimodal)-embedding|rerank\/text-rerank\/text-rerank)$/i,
      formats: [dashscope],
    },
    {
      names: ['/api/v1/apps/{id}/completion'],
      path: /\/apps\/[^/]+\/completion$/i,
      formats: [dashscope],
    },
  ],
  refusals: DASHSCOPE_REFUSALS,
  streamEnds: DASHSCOPE_STREAM_ENDS,
};

export const SERVERS: readonly Server[] = [llamaCpp, tgi, tei, vllm, sglang, ollamaServer, dashScope];
