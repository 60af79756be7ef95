import { expect, it } from 'vitest';
import { extract, linesOf } from '../../../testkit/formats/extract.ts';
import { rewriteStream, textsIn } from '../../../testkit/formats/openai-streams.ts';
import { placesThatExcuse, restOf } from '../../../testkit/formats/overlooked-leaves.ts';
import { SESSION_SHAPES } from './session-shapes.ts';
import { sessions } from './sessions.ts';

const delta = (text: string, event_id = 'evt_1a', index = 0) => ({
  ...{ type: 'event_delta', event_id },
  delta: { type: 'content_delta', index, content: { type: 'text', text } },
});

it('joins the pieces of each text of a session', () => {
  const values = [
    { type: 'event_start', event: { id: 'evt_1a', type: 'agent.message' } },
    delta('I am B'),
    delta('Who', 'evt_2b'),
    delta('ob'),
    delta('Else', 'evt_1a', 1),
    { type: 'session.status_idle', id: 'evt_3c', processed_at: '2026-01-01T00:00:00Z' },
  ];
  expect(textsIn(sessions, values)).toEqual([
    'assistant text I am B|ob',
    'assistant text Who',
    'assistant text Else',
  ]);
  const change = ({ text }: { text: string }) => (text === 'I am Bob' ? 'I am <NAME>' : undefined);
  expect(JSON.stringify(rewriteStream(sessions, values, change))).not.toMatch(/Bob|"ob"/);
  expect(textsIn(sessions, [{ type: 'message_start' }])).toBeUndefined();
});

it('reads documents by what they are', () => {
  const data = Buffer.from('A file that is a text.').toString('base64');
  const content = [
    { type: 'document', source: { type: 'base64', media_type: 'text/plain', data }, title: 'Notes' },
    { type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'Plain text' } },
    { type: 'image', source: { type: 'file', file_id: 'file_1a' } },
  ];
  const body = { events: [{ type: 'user.message', content }] };
  expect(linesOf(extract(sessions, 'request', body))).toEqual([
    'tool document /events/0/content/0/source/data: A file that is a text.',
  ]);
  expect(extract(sessions, 'request', body)).toMatchObject({ opaque: 1, unreadable: 0 });
  expect(restOf(sessions, 'request', body)).toEqual(['Notes', 'Plain text']);
});

it('excuses no word that only looks like an id', () => {
  expect(placesThatExcuse(SESSION_SHAPES.request)).toEqual([]);
  expect(placesThatExcuse(SESSION_SHAPES.response)).toEqual([]);
});
