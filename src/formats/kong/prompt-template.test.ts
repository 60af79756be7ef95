import { expect, it } from 'vitest';
import { extract, linesOf } from '../../../testkit/formats/extract.ts';
import type { JsonObject } from '../segment.ts';
import { promptTemplate } from './prompt-template.ts';

it.each<[string, JsonObject, string[]]>([
  [
    'a chat',
    {
      messages: '{template://developer-chat}',
      properties: { language: 'a', nested: { program: 'b' } },
      model: 'm',
      tools: [{ type: 'web_search', user_location: { city: 'c' } }],
      user: 'd',
    },
    [
      'system text /user: d',
      'user text /messages: {template://developer-chat}',
      'user text /properties/language: a',
      'user text /properties/nested/program: b',
      'system text /tools/0/user_location/city: c',
    ],
  ],
  [
    'a completion',
    { prompt: { name: 'python-chat', properties: { program: 'a' } } },
    ['user text /prompt/name: python-chat', 'user text /prompt/properties/program: a'],
  ],
  [
    'both, where a caller tries',
    { messages: 'a', prompt: ['b'], properties: 'c' },
    ['user text /messages: a', 'user text /prompt/0: b', 'user text /properties: c'],
  ],
])('what goes into a template is read: %s', (_name, body, expected) => {
  expect(linesOf(extract(promptTemplate, 'request', body))).toEqual(expected);
});

it.each<[string, JsonObject]>([
  ['with messages', { messages: [] }],
  ['with a prompt', { prompt: '{template://developer}' }],
  ['with a stored prompt of the Responses API', { prompt: { id: 'pmpt_1' } }],
])('an ordinary request is not recognised: %s', (_name, body) => {
  expect(extract(promptTemplate, 'request', body)).toBeUndefined();
});

it('is never an answer', () => {
  expect(extract(promptTemplate, 'response', { messages: 'a' })).toBeUndefined();
});
