import { expect, it } from 'vitest';
import { extract, linesOf } from '../../../testkit/formats/extract.ts';
import { complete } from './complete.ts';

it('reads the prompt', () => {
  const body = { model: 'claude-2', prompt: '\n\nHuman: hi\n\nAssistant:', max_tokens_to_sample: 9 };
  const found = extract(complete, 'request', body);
  expect(found?.model).toBe('claude-2');
  expect(linesOf(found)).toEqual(['user text /prompt: \n\nHuman: hi\n\nAssistant:']);
});

it('reads every string of a prompt that is no string', () => {
  const found = extract(complete, 'request', { prompt: ['a', { b: 'c' }, 7] });
  expect(linesOf(found)).toEqual(['user text /prompt/0: a', 'user text /prompt/1/b: c']);
});

it('reads the completion and keys that nobody knows', () => {
  const body = { type: 'completion', completion: ' hello', stop: '\n\nHuman:', log_id: 'l', note: 'n' };
  expect(linesOf(extract(complete, 'response', body))).toEqual([
    'assistant text /completion:  hello',
    'tool text /note: n',
  ]);
});

it('does not recognise bodies of another API', () => {
  expect(extract(complete, 'request', { messages: [] })).toBeUndefined();
  expect(extract(complete, 'response', { choices: [{ text: 'x' }] })).toBeUndefined();
});
