import { expect, it } from 'vitest';
import { extract, linesOf } from '../../../testkit/formats/extract.ts';
import { messageBatches } from './batches.ts';

it('reads every request, and no turn of one as the answer to what stands in another', () => {
  const found = extract(messageBatches, 'request', {
    requests: [
      {
        custom_id: 'one',
        params: {
          model: 'claude',
          system: 's',
          messages: [
            { role: 'user', content: 'a' },
            { role: 'assistant', content: 'b' },
          ],
          novel: 'n',
        },
        note: 'o',
      },
      { custom_id: 'two', params: { prompt: 'c' } },
      { custom_id: 'd' },
      'e',
    ],
  });
  expect(found?.model).toBe('claude');
  expect(linesOf(found)).toEqual([
    'system text /requests/0/params/system: s',
    'user text /requests/0/params/messages/0/content: a',
    'user text /requests/0/params/messages/1/content: b',
    'user text /requests/0/params/novel: n',
    'user text /requests/0/note: o',
    'user text /requests/1/params/prompt: c',
    'user text /requests/2/custom_id: d',
    'user text /requests/3: e',
  ]);
});

it.each([
  [{ type: 'message_batch', processing_status: 'ended', request_counts: { succeeded: 1 } }, []],
  [
    { custom_id: 'one', result: { type: 'succeeded', message: { content: [{ type: 'text', text: 'a' }] } } },
    ['assistant text /result/message/content/0/text: a'],
  ],
  [
    { custom_id: 'one', result: { type: 'errored', error: { error: { message: 'b' } } } },
    ['tool text /result/error/error/message: b'],
  ],
])('reads the answer %j', (body, expected) => {
  expect(linesOf(extract(messageBatches, 'response', body))).toEqual(expected);
});

it('does not recognise bodies of another API', () => {
  expect(extract(messageBatches, 'request', { messages: [] })).toBeUndefined();
  expect(extract(messageBatches, 'response', { content: [] })).toBeUndefined();
  expect(extract(messageBatches, 'response', { custom_id: 'one', result: 'x' })).toBeUndefined();
});
