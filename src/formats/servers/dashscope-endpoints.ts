/**
 * DashScope's endpoints. What takes long is a task: the request has the header `X-DashScope-Async`, its answer the task's id,
 * and what comes of it is asked for with that.
 *
 * @see https://www.alibabacloud.com/help/en/model-studio/manage-asynchronous-tasks
 * @see https://github.com/dashscope/dashscope-sdk-python
 */
import type { Server } from '../provider.ts';
import { dashscope } from './dashscope.ts';
import { DASHSCOPE_REFUSALS, DASHSCOPE_STREAM_ENDS } from './dashscope-refusal.ts';
import { dashscopeResources } from './dashscope-resources.ts';

const TEXTS = [
  ...['aigc/text-generation/generation', 'aigc/multimodal-generation/generation'],
  ...['embeddings/text-embedding/text-embedding', 'embeddings/multimodal-embedding/multimodal-embedding'],
  'rerank/text-rerank/text-rerank',
];
const MEDIA = [
  ...['aigc/image-generation/generation', 'aigc/text2image/image-synthesis'],
  ...['aigc/image2image/image-synthesis', 'aigc/video-generation/video-synthesis'],
  ...['aigc/image2video/video-synthesis', 'audio/tts/SpeechSynthesizer', 'audio/asr/transcription'],
];

const services = (names: readonly string[]) => names.map((name) => `/api/v1/services/${name}`);

export const dashScope: Server = {
  displayName: 'DashScope',
  formats: [dashscope],
  endpoints: [
    {
      names: services(TEXTS),
      path: /\/services\/(?:aigc\/(?:text|multimodal)-generation\/generation|embeddings\/(?:text|multimodal)-embedding\/(?:text|multimodal)-embedding|rerank\/text-rerank\/text-rerank)$/i,
      formats: [dashscope],
    },
    {
      names: ['/api/v1/apps/{id}/completion'],
      path: /\/apps\/[^/]+\/completion$/i,
      formats: [dashscope],
    },
    {
      names: [...services(MEDIA), '/api/v1/services/…'],
      path: /\/api\/v1\/services\/(?!aigc\/(?:text|multimodal)-generation\/)[^/]+\/[^/]+(?:\/[^/]+)?$/i,
      formats: [dashscope, dashscopeResources],
    },
    {
      names: ['/api/v1/tasks', '/api/v1/tasks/{id}'],
      path: /\/api\/v1\/tasks(?:\/[^/]+)?$/i,
      formats: [dashscope, dashscopeResources],
    },
    {
      // Its request has no body, so nothing may ask for a prompt.
      names: ['/api/v1/tasks/{id}/cancel'],
      path: /\/api\/v1\/tasks\/[^/]+\/cancel$/i,
      formats: [dashscopeResources],
    },
    {
      names: [
        ...['/api/v1/files…', '/api/v1/uploads', '/api/v1/models…', '/api/v1/deployments…'],
        ...['/api/v1/fine-tunes…', '/api/v1/assistants…', '/api/v1/threads…', '/api/v1/agentstudio/…'],
      ],
      path: /\/api\/v1\/(?:(?:files|uploads|models|deployments|fine-tunes|assistants|threads)(?:\/.*)?|agentstudio\/.+)$/is,
      formats: [dashscopeResources],
    },
    {
      names: ['/api/v1/tokens'],
      path: /\/api\/v1\/tokens$/i,
      formats: [dashscopeResources],
      refused: { why: 'around_kong', instead: '/api/v1/services/aigc/text-generation/generation' },
    },
    {
      names: ['/api-ws/v1/inference', '/api-ws/v1/realtime'],
      path: /\/api-ws\/v1\/(?:inference|realtime)$/i,
      formats: [],
      refused: {
        ...{ why: 'around_kong', instead: '/api/v1/services/aigc/multimodal-generation/generation' },
      },
    },
  ],
  mediaRequest: {
    path: /\/services\/(?:aigc\/(?:text2image|image2image|image2video|video-generation)\/[^/]+|audio\/tts\/SpeechSynthesizer)$/i,
  },
  refusals: DASHSCOPE_REFUSALS,
  streamEnds: DASHSCOPE_STREAM_ENDS,
};
