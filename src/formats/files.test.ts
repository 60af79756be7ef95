/** Files in every place where an API takes media: a text is read and changed in place, media are counted. */
import { describe, expect, it } from 'vitest';
import { editJson } from '../body/json/edit.ts';
import { readRequest, readResponse } from './read.ts';
import { routeFormats } from './registry.ts';
import { isObject, type JsonObject } from './segment.ts';
import { writeBack } from './write-back.ts';

type Provider = Parameters<typeof routeFormats>[0];
type Place = [name: string, provider: Provider, apiUri: string, body: (data: string) => JsonObject];

const url = (type: string) => (data: string) => `data:${type};base64,${data}`;
const ts = url('video/mp2t');

const chat = (part: (data: string) => JsonObject) => (data: string) => ({
  messages: [{ role: 'user', content: [part(data)] }],
});
const responses = (part: (data: string) => JsonObject) => (data: string) => ({
  input: [{ role: 'user', content: [part(data)] }],
});
const converse = (block: (data: string) => JsonObject) => (data: string) => ({
  messages: [{ role: 'user', content: [block(data)] }],
});
const gemini = (part: (data: string) => JsonObject) => (data: string) => ({
  contents: [{ role: 'user', parts: [part(data)] }],
});

const REQUESTS: Place[] = [
  [
    'image_url',
    'openai',
    '/v1/chat/completions',
    chat((data) => ({ type: 'image_url', image_url: { url: ts(data) } })),
  ],
  [
    'image_url as a string',
    'openai',
    '/v1/chat/completions',
    chat((data) => ({ type: 'image_url', image_url: ts(data) })),
  ],
  [
    'image_url in bare base64',
    'openai',
    '/v1/chat/completions',
    chat((data) => ({ type: 'image_url', image_url: { url: data } })),
  ],
  [
    'input_audio',
    'openai',
    '/v1/chat/completions',
    chat((data) => ({ type: 'input_audio', input_audio: { data, format: 'wav' } })),
  ],
  [
    'file_data',
    'openai',
    '/v1/chat/completions',
    chat((data) => ({ type: 'file', file: { filename: 'a.php', file_data: data } })),
  ],
  [
    'file_data in a URL',
    'azureai',
    '/chat/completions',
    chat((data) => ({
      type: 'file',
      file: { filename: 'a.xls', file_data: url('application/vnd.ms-excel')(data) },
    })),
  ],
  [
    'input_file',
    'openai',
    '/v1/responses',
    responses((data) => ({
      type: 'input_file',
      filename: 'a.har',
      file_data: url('application/octet-stream')(data),
    })),
  ],
  [
    'input_file in bare base64',
    'openai',
    '/v1/responses',
    responses((data) => ({ type: 'input_file', filename: 'a.pdf', file_data: data })),
  ],
  [
    'input_image',
    'openai',
    '/v1/responses',
    responses((data) => ({ type: 'input_image', image_url: url('image/svg')(data) })),
  ],
  [
    'document',
    'anthropic',
    '/v1/messages',
    chat((data) => ({ type: 'document', source: { type: 'base64', media_type: 'application/pdf', data } })),
  ],
  [
    'image',
    'anthropic',
    '/v1/messages',
    chat((data) => ({ type: 'image', source: { type: 'base64', media_type: 'image/png', data } })),
  ],
  [
    'document in a result',
    'anthropic',
    '/v1/messages',
    chat((data) => ({
      type: 'tool_result',
      tool_use_id: 't',
      content: [{ type: 'document', source: { type: 'base64', data } }],
    })),
  ],
  [
    'document under a URL',
    'anthropic',
    '/v1/messages',
    chat((data) => ({ type: 'document', source: { type: 'url', url: url('message/rfc822')(data) } })),
  ],
  ['image_url', 'cohere', '/v2/chat', chat((data) => ({ type: 'image_url', image_url: { url: ts(data) } }))],
  [
    'inlineData',
    'gemini',
    'generateContent',
    gemini((data) => ({ inlineData: { mimeType: 'video/mp2t', data } })),
  ],
  ['inline_data without a type', 'gemini', 'generateContent', gemini((data) => ({ inline_data: { data } }))],
  [
    'fileData',
    'gemini',
    'generateContent',
    gemini((data) => ({ fileData: { mimeType: 'text/x', fileUri: ts(data) } })),
  ],
  [
    'document',
    'bedrock',
    'converse',
    converse((data) => ({ document: { name: 'a', format: 'xls', source: { bytes: data } } })),
  ],
  [
    'image',
    'bedrock',
    'converse',
    converse((data) => ({ image: { format: 'png', source: { bytes: data } } })),
  ],
  [
    'video in a result',
    'bedrock',
    'converse',
    converse((data) => ({
      toolResult: { toolUseId: 't', content: [{ video: { format: 'mp4', source: { bytes: data } } }] },
    })),
  ],
  ['images of Llama', 'bedrock', 'invoke', (data) => ({ prompt: 'a', images: [data], max_gen_len: 9 })],
  [
    'images of Ollama',
    'kong',
    '/llm/v1/chat',
    (data) => ({ model: 'm', messages: [{ role: 'user', content: 'a', images: [data] }], options: {} }),
  ],
];

const ANSWERS: Place[] = [
  [
    'an image call',
    'openai',
    '/v1/responses',
    (result) => ({
      object: 'response',
      output: [{ type: 'image_generation_call', id: 'ig_1', status: 'completed', result }],
    }),
  ],
  [
    'audio',
    'openai',
    '/v1/chat/completions',
    (data) => ({
      choices: [{ index: 0, message: { role: 'assistant', audio: { id: 'a', data, transcript: 'b' } } }],
    }),
  ],
  [
    'inlineData',
    'gemini',
    'generateContent',
    (data) => ({ candidates: [{ content: { parts: [{ inlineData: { mimeType: 'image/png', data } }] } }] }),
  ],
  ['images', 'bedrock', 'invoke', (data) => ({ images: [data] })],
  [
    'artifacts',
    'bedrock',
    'invoke',
    (base64) => ({ result: 'success', artifacts: [{ base64, seed: 1, finishReason: 'SUCCESS' }] }),
  ],
  [
    'an image',
    'bedrock',
    'converse',
    (data) => ({
      output: {
        message: { role: 'assistant', content: [{ image: { format: 'png', source: { bytes: data } } }] },
      },
    }),
  ],
];

const TEXT = 'const ssn = "234-56-7890"; // ask for no more';
const PNG = `iVBORw0KGgo${'AUhEUmQ0'.repeat(12)}`;

describe.each([
  ['request', REQUESTS],
  ['answer', ANSWERS],
] as const)('a file in a %s', (direction, places) => {
  const read = ([, provider, apiUri]: Place, body: JsonObject) => {
    const route = routeFormats(provider, apiUri);
    if (!route) throw new Error(`no route ${provider} ${apiUri}`);
    const { extraction, isRecognised } =
      direction === 'request' ? readRequest(route, body, '/') : readResponse(route, body, '/');
    expect(isRecognised).toBe(true);
    return extraction;
  };
  const named = places.map((place): [string, Place] => [`${place[1]} ${place[0]}`, place]);

  it.each(named)('is read where it is a text, and changed in its own form: %s', (_name, place) => {
    for (const form of ['base64', 'base64url'] as const) {
      const body = place[3](Buffer.from(TEXT).toString(form));
      const { segments, opaque, unreadable } = read(place, body);
      const segment = segments.find(({ text }) => text === TEXT);
      expect({ isFound: segment !== undefined, opaque, unreadable }).toEqual({
        isFound: true,
        opaque: 0,
        unreadable: 0,
      });
      if (!segment) return;
      const text = TEXT.replace('234-56-7890', '*******7890');
      const written = writeBack(body, [{ segment, text }]);
      const after = written.ok && editJson(JSON.stringify(body), written.edits);
      expect(after).toBe(JSON.stringify(place[3](Buffer.from(text).toString(form))));
    }
  });

  it.each(named)('is opaque where it is a picture: %s', (_name, place) => {
    const { segments, opaque, unreadable } = read(place, place[3](PNG));
    // Two formats can read one body.
    expect([opaque > 0, unreadable]).toEqual([true, 0]);
    expect(segments.filter(({ text }) => text.includes(PNG))).toEqual([]);
  });
});

it('has a place for each provider that takes files', () => {
  const providers = new Set(REQUESTS.map(([, provider]) => provider));
  expect([...providers].sort()).toEqual([
    'anthropic',
    'azureai',
    'bedrock',
    'cohere',
    'gemini',
    'kong',
    'openai',
  ]);
  expect(REQUESTS.every(([, , , body]) => isObject(body('')))).toBe(true);
});
