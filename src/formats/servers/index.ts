/**
 * Servers that speak like OpenAI, and have endpoints of their own beside that. Most serve open models; who runs one behind
 * Kong configures OpenAI as the provider.
 */
import { messages } from '../anthropic/messages.ts';
import { chatV2 } from '../cohere/v2-chat.ts';
import { ollama } from '../kong/ollama.ts';
import { ollamaError } from '../kong/refusal.ts';
import { chatCompletions } from '../openai/chat-completions.ts';
import { completions } from '../openai/completions.ts';
import { embeddings } from '../openai/embeddings.ts';
import { openAiError } from '../openai/refusal.ts';
import { responses } from '../openai/responses.ts';
import { transcriptions } from '../openai/transcriptions.ts';
import type { Server } from '../provider.ts';
import { dashScope } from './dashscope-endpoints.ts';
import { huggingFaceInference, tei, tgi } from './hugging-face.ts';
import { llamaCompletion } from './llama-completion.ts';
import { llamaAnswer } from './refusal.ts';
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
      names: ['/apply-template', '/chat/completions/input_tokens', '/v1/chat/completions/input_tokens'],
      path: /\/(?:apply-template|chat\/completions\/input_tokens)$/i,
      formats: [chatCompletions, texts],
    },
    {
      names: ['/slots…', '/props', '/models', '/models/load', '/models/unload', '/models/sse', '/health'],
      path: /\/(?:slots(?:\/[^/]+)?|props|models(?:\/(?:load|unload|sse))?|health)$/i,
      formats: [texts],
    },
    {
      names: ['/responses', '/responses/input_tokens'],
      path: /\/responses(?:\/input_tokens)?$/i,
      formats: [responses],
    },
    {
      names: ['/audio/transcriptions'],
      path: /(?<!\/v2)\/audio\/transcriptions$/i,
      formats: [transcriptions],
      answers: 'file',
    },
    { names: ['/lora-adapters'], path: /\/lora-adapters$/i, formats: [texts], takesList: true },
    {
      // What a client missed of a stream.
      names: ['/v1/stream/{id}'],
      path: /\/v1\/stream\/[^/]+$/i,
      formats: [chatCompletions, completions, llamaCompletion, responses, messages],
    },
    {
      names: ['/v1/streams', '/v1/streams/lookup', '/v1/chat/completions/control'],
      path: /\/(?:v1\/streams(?:\/lookup)?|chat\/completions\/control)$/i,
      formats: [texts],
    },
  ],
  refusals: [
    { formats: [llamaCompletion], error: openAiError, answer: llamaAnswer },
    { formats: [sglangGenerate, texts], error: openAiError },
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
        ...['/detokenize', '/score', '/v1/score', '/rerank', '/v1/rerank', '/v2/rerank', '/v1/pooling'],
        ...['/v1/classify', '/generative_scoring', '/v1/chat/completions/batch', '/v1/systemone'],
        ...['/abort_requests', '/inference/v1/abort_requests'],
      ],
      path: /\/(?:detokenize|score|rerank|v1\/(?:pooling|classify|systemone)|generative_scoring|chat\/completions\/batch|abort_requests)$/i,
      formats: [texts],
    },
    {
      names: ['/cohere/v2/chat/render'],
      path: /\/v2\/chat\/render$/i,
      formats: [chatV2, texts],
    },
    {
      // What a model wrote, as the ids of its tokens.
      names: ['/v1/chat/completions/derender', '/v1/completions/derender'],
      path: /\/completions\/derender$/i,
      formats: [texts],
      refused: { why: 'unread_prompt', instead: '/v1/chat/completions' },
    },
    {
      names: ['/inference/v1/generate'],
      path: /\/inference\/v1\/generate$/i,
      formats: [texts],
      refused: { why: 'unread_prompt', instead: '/v1/completions' },
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
      // A prompt as vectors, in a file.
      names: ['/generate_from_file'],
      path: /\/generate_from_file$/i,
      formats: [texts],
      refused: { why: 'unread_prompt', instead: '/generate' },
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
        '/get_load',
        '/v1/loads',
        '/get_weight_version',
      ],
      path: /\/(?:health|health_generate|(?:get_)?(?:model|server)_info|get_load|v1\/loads|get_weight_version)$/i,
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
    {
      names: ['/api/me', '/api/status', '/api/signout', '/api/experimental/model-recommendations'],
      path: /\/api\/(?:me|status|signout|experimental\/model-recommendations)$/i,
      formats: [ollamaTexts],
    },
  ],
  refusals: [{ formats: [ollamaTexts], error: ollamaError }],
};

export const SERVERS: readonly Server[] = [
  llamaCpp,
  tgi,
  tei,
  huggingFaceInference,
  vllm,
  sglang,
  ollamaServer,
  dashScope,
];
