/**
 * The endpoints of OpenAI, of Azure OpenAI, and of servers that speak like them. What an API keeps is known by what stands
 * before it in its own paths: a route can be called `/threads` and serve something else.
 *
 * @see https://platform.openai.com/docs/api-reference
 */
import type { Endpoint } from '../provider.ts';
import { chatCompletions } from './chat-completions.ts';
import { completions } from './completions.ts';
import { embeddings } from './embeddings.ts';
import { resources } from './resources.ts';
import { responses } from './responses.ts';
import { transcriptions } from './transcriptions.ts';

export const ENDPOINTS: readonly Endpoint[] = [
  {
    names: ['/v1/chat/completions', '/v1/agents/completions'],
    path: /\/(?:chat|agents)\/completions$/i,
    formats: [chatCompletions],
  },
  {
    names: ['/v1/completions', '/v1/fim/completions'],
    path: /(?<!\/chat|\/agents)\/completions$/i,
    formats: [completions],
  },
  {
    names: ['/v1/responses', '/v1/responses/compact', '/v1/responses/input_tokens'],
    path: /\/responses(?:\/compact|\/input_tokens)?$/i,
    formats: [responses],
  },
  { names: ['/v1/embeddings'], path: /\/embeddings$/i, formats: [embeddings] },
  {
    names: ['/v1/chat/completions/{id}', '/v1/chat/completions/{id}/messages', '/v1/stored_completions…'],
    path: /\/(?:chat\/completions\/(?!(?:de)?render$)[^/]+(?:\/messages)?|(?:v1|openai)\/stored_completions(?:\/[^/]+){0,3})$/i,
    formats: [resources],
  },
  {
    // Whatever is below an answer that is kept: it is read leaf by leaf.
    names: [
      '/v1/responses/{id}',
      '/v1/responses/{id}/cancel',
      '/v1/responses/{id}/input_items',
      '/v1/responses/{id}/…',
    ],
    path: /\/responses\/(?!(?:compact|input_tokens)$)[^/]+(?:\/[^/]+)?$/i,
    formats: [resources],
  },
  {
    names: ['/v1/assistants…', '/v1/threads…', '/v1/conversations…'],
    path: /\/(?:v1|openai|api\/projects\/[^/]+)\/(?:assistants|threads|conversations)(?:\/.*)?$/is,
    formats: [resources],
  },
  {
    names: [
      '/v1/batches…',
      '/v1/files…',
      '/v1/uploads…',
      '/v1/vector_stores…',
      '/v1/containers…',
      '/v1/skills…',
    ],
    path: /\/(?:v1|openai)\/(?:batches|files|uploads|vector_stores|containers|skills)(?:\/.*)?$/is,
    formats: [resources],
  },
  {
    names: ['/v1/files/{id}/content', '/v1/containers/{id}/files/{id}/content', '/v1/skills/{id}/content'],
    path: /\/(?:v1|openai)\/(?:files\/[^/]+|containers\/[^/]+\/files\/[^/]+|skills\/[^/]+(?:\/versions\/[^/]+)?)\/content$/i,
    formats: [resources],
    answers: 'file',
  },
  {
    names: [
      '/v1/fine_tuning…',
      '/v1/evals…',
      '/v1/moderations',
      '/v1/models…',
      '/v1/chatkit/threads…',
      '/v1/organization…',
      '/v1/projects…',
      '/v1/content_provenance_checks',
    ],
    // Vertex has projects, too.
    path: /\/(?:v1|openai)\/(?:fine_tuning|evals|moderations|models|chatkit\/threads|content_provenance_checks|organization|projects(?!\/[^/]+\/locations\/))(?:\/.*)?$/is,
    formats: [resources],
  },
  {
    names: ['/v1/images/generations', '/v1/images/edits', '/v1/images/variations'],
    path: /\/(?:v1|openai|openai\/deployments\/[^/]+)\/images\/(?:generations|edits|variations)$/i,
    formats: [resources],
  },
  {
    names: ['/v1/videos…'],
    path: /\/(?:v1|openai)\/videos(?:\/[^/]+(?:\/(?!content$)[^/]+)?)?$/i,
    formats: [resources],
  },
  {
    names: ['/v1/videos/{id}/content'],
    path: /\/(?:v1|openai)\/videos\/[^/]+\/content$/i,
    formats: [resources],
    answers: 'media',
  },
  // Azure's own.
  {
    names: [
      '/openai/v1/video/generations…',
      '/openai/images/generations:submit',
      '/openai/operations/images/{id}',
    ],
    path: /\/openai\/(?:(?:v1\/)?video\/generations(?:\/[^/]*(?:\/(?!content\/)[^/]*){0,8})?|images\/generations:submit|operations\/images\/[^/]+)$/is,
    formats: [resources],
  },
  {
    names: ['/openai/v1/video/generations/{id}/content/video'],
    path: /\/openai\/(?:v1\/)?video\/generations\/[^/]+\/content\/[^/]+$/i,
    formats: [resources],
    answers: 'media',
  },
  {
    names: [
      '/openai/ingestion/jobs…',
      '/openai/fine-tunes…',
      '/openai/deployments',
      '/openai/deployments/{id}',
      '/api/projects/{id}/…',
    ],
    path: /\/(?:openai\/(?:(?:ingestion\/jobs|fine-tunes)(?:\/.*)?|deployments(?:\/[^/]+)?)|api\/projects\/[^/]+\/.+)$/is,
    formats: [resources],
  },
  {
    names: [
      ...['/api/projects/{id}/files/{id}/content', '/api/projects/{id}/skills/{id}/content'],
      ...['/api/projects/{id}/agents/{id}/code:download', '/api/projects/{id}/agents/{id}/microsoft365/zip'],
    ],
    path: /\/api\/projects\/[^/]+\/(?:files\/[^/]+\/content|skills\/[^/]+(?:\/versions\/[^/]+)?\/content|agents\/[^/]+\/(?:code(?::|%3A)download|microsoft365\/zip))$/i,
    formats: [resources],
    answers: 'file',
  },
  {
    names: ['/api/projects/{id}/agents/{id}/endpoint/protocols/voice/conversations/{id}/audio/content'],
    path: /\/api\/projects\/[^/]+\/agents\/[^/]+\/endpoint\/protocols\/voice\/conversations\/[^/]+\/(?:items\/[^/]+\/)?audio(?:\/generated)?\/content$/i,
    formats: [resources],
    answers: 'media',
  },
  {
    // Keys with which files and data go to a storage, and calls by telephone.
    names: [
      ...['/api/projects/{id}/connections/{id}/getConnectionWithCredentials'],
      ...['/api/projects/{id}/datasets/{id}/versions/{id}/credentials'],
      ...['/api/projects/{id}/datasets/{id}/versions/{id}/startPendingUpload'],
      ...['/api/projects/{id}/agents/{id}/telephony/…'],
    ],
    // The path of the Kong service may be the first of it.
    path: /\/(?:getConnectionWithCredentials|versions\/[^/]+\/(?:credentials|startPendingUpload)|agents\/[^/]+\/telephony(?:\/.*)?)$/is,
    formats: [resources],
    refused: { why: 'around_kong', instead: '/v1/files' },
  },
  {
    names: ['/v1/audio/voices…', '/v1/audio/voice_consents…'],
    path: /\/v1\/audio\/voice(?:s|_consents)(?:\/.*)?$/is,
    formats: [resources],
  },
  {
    names: ['/v1/audio/speech'],
    path: /\/(?:v1|openai|openai\/deployments\/[^/]+)\/audio\/speech$/i,
    formats: [resources],
    answers: 'media',
  },
  {
    names: ['/v1/audio/transcriptions', '/v1/audio/translations'],
    path: /\/(?:v1|openai|openai\/deployments\/[^/]+)\/audio\/(?:transcriptions|translations)$/i,
    formats: [transcriptions],
    answers: 'file',
  },
  {
    names: ['/v1/realtime…', '/v1/chatkit/sessions…'],
    // Whatever stands before them: the path of the Kong service may be the rest. Kong and DashScope name their own cure.
    path: /\/(?:realtime(?:api)?\/(?:sessions|client_secrets|transcription_sessions|translations(?:\/.*)?|calls(?:\/.*)?)|(?:(?<!\/realtime\/|\/api-ws\/)v1|openai)\/realtime(?:\/.*)?|chatkit\/sessions(?:\/.*)?)$/is,
    formats: [resources],
    refused: { why: 'around_kong', instead: '/v1/responses' },
  },
  // Servers of open models, and Mistral.
  {
    names: [
      ...['/v1/rerank', '/v1/score', '/v1/pooling', '/v1/ocr', '/v1/agents…', '/v1/classifications'],
      ...['/v1/chat/moderations', '/v1/chat/classifications', '/v1/libraries…', '/v1/batch/jobs…'],
      ...['/v1/rag…', '/v1/observability…', '/v1/workflows…', '/v2/prompts…', '/v2/skills…'],
      '/providers/mistral/azure/ocr',
    ],
    path: /\/(?:v1\/(?:rerank|score|pooling|ocr|agents|classifications|chat\/(?:moderations|classifications)|libraries|batch\/jobs|rag|observability|workflows)|v2\/(?:prompts|skills)|providers\/mistral\/azure\/ocr)(?:\/.*)?$/is,
    formats: [resources],
  },
  {
    // Events of whatever shape a workflow's author gives them.
    names: [
      ...['/v1/workflows/events/stream', '/v1/workflows/executions/{id}/stream'],
      ...['/v1/workflows/executions/{id}/logs/stream', '/v1/workflows/deployments/{id}/logs/stream'],
    ],
    path: /\/v1\/workflows\/(?:events|executions\/[^/]+(?:\/logs)?|deployments\/[^/]+\/logs)\/stream$/i,
    formats: [resources],
    refused: { why: 'unread_answer', instead: '/v1/workflows' },
  },
];
