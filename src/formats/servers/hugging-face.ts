/**
 * Hugging Face's servers: Text Generation Inference, Text Embeddings Inference, and those of the models that it runs itself.
 *
 * @see https://huggingface.github.io/text-generation-inference/
 * @see https://huggingface.github.io/text-embeddings-inference/
 */
import { textGeneration } from '../kong/text-generation.ts';
import { chatCompletions } from '../openai/chat-completions.ts';
import { completions } from '../openai/completions.ts';
import { embeddings } from '../openai/embeddings.ts';
import type { Server } from '../provider.ts';
import type { ApiRefusals } from '../refusal-contract.ts';
import { generatedText, huggingFaceError } from './refusal.ts';
import { sglangGenerate } from './sglang-generate.ts';
import { embeddingTexts, texts } from './texts.ts';

const REFUSALS: readonly ApiRefusals[] = [
  { formats: [textGeneration], error: huggingFaceError, answer: generatedText },
  { formats: [embeddingTexts], error: huggingFaceError },
];

export const tgi: Server = {
  displayName: 'Text Generation Inference',
  formats: [textGeneration],
  endpoints: [
    {
      names: ['/generate', '/generate_stream'],
      path: /(?<!\/v1|\/api)\/generate(?:_stream)?$/i,
      formats: [textGeneration],
    },
    {
      names: ['/invocations', '/vertex'],
      // Sessions of Bedrock have some, too.
      path: /(?<!\/sessions\/[^/]{1,256})\/(?:invocations|vertex)$/i,
      formats: [textGeneration, chatCompletions, completions, embeddings, sglangGenerate, texts],
    },
    {
      names: ['/tokenize', '/chat_tokenize'],
      path: /(?<!\/v\d)\/(?:chat_)?tokenize$/i,
      formats: [chatCompletions, textGeneration, texts],
    },
    {
      names: [
        ...['/info', '/health', '/ping', '/v2', '/v2/health/live', '/v2/health/ready'],
        ...['/v2/models/{model}/versions/{version}', '/v2/models/{model}/versions/{version}/ready'],
      ],
      path: /\/(?:info|health|ping|v2|v2\/health\/(?:live|ready)|v2\/models\/[^/]+(?:\/versions\/[^/]+)?(?:\/ready)?)$/i,
      formats: [texts],
    },
    {
      // KServe's: texts as lists of their bytes.
      names: ['/v2/models/{model}/infer', '/v2/models/{model}/versions/{version}/infer'],
      path: /\/v2\/models\/[^/]+(?:\/versions\/[^/]+)?\/infer$/i,
      formats: [texts],
      refused: { why: 'unread_prompt', instead: '/generate' },
    },
  ],
  refusals: REFUSALS,
};

/** Tasks of models that Hugging Face runs: texts, classes, vectors, pictures and sounds. */
export const huggingFaceInference: Server = {
  displayName: 'Hugging Face Inference',
  formats: [],
  endpoints: [
    {
      names: [
        ...['/hf-inference/models/{model}', '/hf-inference/models/{model}/pipeline/{task}'],
        '/pipeline/{task}/{model}',
      ],
      path: /\/(?:hf-inference\/models\/[^/]+(?:\/[^/]+)?(?:\/pipeline\/[^/]+)?|pipeline\/[^/]+\/[^/]+(?:\/[^/]+)?)$/i,
      formats: [textGeneration, embeddingTexts],
      answers: 'file',
    },
  ],
};

export const tei: Server = {
  displayName: 'Text Embeddings Inference',
  formats: [],
  endpoints: [
    {
      names: ['/embed', '/embed_all', '/embed_sparse', '/predict', '/similarity', '/decode'],
      path: /(?<!\/v\d)\/(?:embed|embed_all|embed_sparse|predict|similarity|decode)$/i,
      formats: [embeddingTexts],
    },
    { names: ['/rerank', '/tokenize'], path: /(?<!\/v\d)\/(?:rerank|tokenize)$/i, formats: [texts] },
    {
      names: ['/embeddings', '/v1/embeddings'],
      path: /\/embeddings$/i,
      formats: [embeddings],
    },
    {
      names: ['/invocations', '/vertex', '/info', '/health', '/ping'],
      path: /\/(?:invocations|vertex|info|health|ping)$/i,
      formats: [embeddingTexts],
    },
  ],
};
