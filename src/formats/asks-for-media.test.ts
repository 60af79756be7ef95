import { describe, expect, it } from 'vitest';
import { createInspector } from '../inspection/create-inspector.ts';
import { inspectPlainAnswer } from '../inspection/inspect-answer.ts';
import { asksForMedia } from './asks-for-media.ts';
import { PROVIDERS } from './providers.ts';

const PNG =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
const AUDIO = { inlineData: { mimeType: 'audio/L16;rate=24000', data: 'AAAAAAAAAAAAAAAA' } };
const SPOKEN = { id: 'audio_1', data: 'UklGRgAAAAA=', expires_at: 1, transcript: 'Hello' };
const speech = (config: object) => ({ contents: [], generationConfig: config });
const GEMINI = '/v1beta/models/gemini-2.5-flash-preview-tts:generateContent';
const CHAT = '/v1/chat/completions';

const candidate = { content: { parts: [AUDIO], role: 'model' }, finishReason: 'STOP', index: 0 };
const choice = {
  index: 0,
  message: { role: 'assistant', content: null, audio: SPOKEN },
  finish_reason: 'stop',
};
const image = { predictions: [{ mimeType: 'image/png', bytesBase64Encoded: PNG }] };

/** What is asked, and what the API then answers. */
const MEDIA: [path: string, request: object, answer: object][] = [
  ['/v1beta/models/imagen-4.0-generate-001:predict', {}, image],
  ['/v1/projects/p/locations/l/publishers/google/models/imagen-4.0%3Apredict', {}, image],
  ['/model/amazon.titan-image-generator-v2%3A0/invoke', {}, { images: [PNG] }],
  ['/model/us.amazon.nova-canvas-v1:0/invoke', {}, { images: [PNG], error: null }],
  ['/model/stability.stable-image-core-v1:0/invoke', {}, { seeds: [1], images: [PNG] }],
  [GEMINI, speech({ responseModalities: ['AUDIO'] }), { candidates: [candidate] }],
  [GEMINI, { generation_config: { response_modalities: ['audio'] } }, { candidates: [candidate] }],
  [
    '/api/v1/services/aigc/text2image/image-synthesis',
    { input: { prompt: 'A cat' } },
    { output: { task_status: 'SUCCEEDED', results: [{ url: 'https://x.example/a.png' }] }, request_id: 'a' },
  ],
  [
    '/api/v1/services/audio/tts/SpeechSynthesizer',
    { input: { text: 'Hello' } },
    { output: { audio: { data: '', url: 'https://x.example/a.wav' } }, request_id: 'a' },
  ],
  [CHAT, { modalities: ['text', 'audio'], messages: [] }, { object: 'chat.completion', choices: [choice] }],
];

/** Every route that there can be. */
const ROUTES = PROVIDERS.flatMap(({ name: provider, apiUris }) =>
  ['auto', ...Object.keys(apiUris)].map((api_uri) => ({ provider, api_uri })),
);

describe('a request for media', () => {
  it.each(MEDIA)('at %s with %o is answered with what on_opaque refuses', async (path, request, answer) => {
    expect(asksForMedia(request, path)).toBe(true);
    const bytes = Buffer.from(JSON.stringify(answer));
    const whole = { bytes, path, status: 200, contentType: 'application/json', requestHadBody: true };
    for (const upstream_llm of ROUTES) {
      const settings = { ai_guard_api_key: 'pts_demo', upstream_llm, on_opaque: 'block' };
      const { inspector } = createInspector(settings, 'response');
      const { decision } = await inspectPlainAnswer(inspector, whole, { caller: {} }, { encryptions: [] });
      expect(decision, JSON.stringify(upstream_llm)).toMatchObject({
        outcome: 'blocked',
        rejection: { reason: expect.stringContaining('on_opaque') },
      });
    }
  });

  it.each(MEDIA.filter(([path]) => asksForMedia(undefined, path)).map(([path]) => path))(
    'is one however its path is spelled: %s',
    (path) => {
      const at = path.lastIndexOf('/');
      const around = (between: string) => path.slice(0, at) + between + path.slice(at);
      const spellings = [
        ...[`${path}/`, `${path};x`, `${path}%20`, `${path}%2F`, `${path}/x/..`, path.toUpperCase()],
        ...[around(';x'), around('/'), around('/.'), around('/%2e'), around('/x/%2e%2e')],
      ];
      expect(spellings.filter((spelling) => !asksForMedia(undefined, spelling))).toEqual([]);
    },
  );

  it.each<[string, string, unknown]>([
    ['for text', CHAT, { messages: [] }],
    ['for text, as it says', CHAT, { modalities: ['text'], messages: [] }],
    [
      'for speech, or a call of a tool',
      CHAT,
      { modalities: ['text', 'audio'], tools: [{ type: 'function' }] },
    ],
    ['for a picture or a text', GEMINI, speech({ responseModalities: ['TEXT', 'IMAGE'] })],
    ['for nothing', GEMINI, speech({ responseModalities: [] })],
    ['in words that are none', GEMINI, speech({ responseModalities: 'AUDIO' })],
    ['for a text of a model that has no pictures', '/model/amazon.nova-lite-v1:0/invoke', {}],
    ['for a prediction that may be a text', '/v1beta/models/text-bison:predict', {}],
    ['that nobody could read', CHAT, undefined],
  ])('is none %s', (_name, path, body) => {
    expect(asksForMedia(body, path)).toBe(false);
  });
});
