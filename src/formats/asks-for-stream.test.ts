import { expect, it } from 'vitest';
import { asksForStream } from './asks-for-stream.ts';

it.each<[unknown, string, boolean]>([
  [{ stream: true }, '/v1/chat/completions', true],
  [{ stream: false }, '/v1/chat/completions', false],
  [{ stream: 'true' }, '/v1/messages', false],
  [{}, '/v1beta/models/gemini-2.5-flash:streamGenerateContent', true],
  [{}, '/v1beta/models/gemini-2.5-flash%3AstreamGenerateContent', true],
  [{}, '/v1beta/models/gemini-2.5-flash:streamGenerateContent/', true],
  [{}, '/v1beta/models/gemini-2.5-flash:streamGenerateContent;x', true],
  [{}, '/v1beta/models/gemini-2.5-flash:generateContent', false],
  [{}, '/model/anthropic.claude/./converse%2Dstream', true],
  [{}, '/model/anthropic.claude/converse-stream', true],
  [{}, '/model/anthropic.claude/invoke-with-response-stream', true],
  [undefined, '/model/anthropic.claude/invoke', false],
])('%j to %s asks for a stream: %s', (body, path, expected) => {
  expect(asksForStream(body, path)).toBe(expected);
});
