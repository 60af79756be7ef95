import { expect, test } from 'vitest';
import { encodeChunk, encodeFrame } from '../../../testkit/streams/encode-frames.ts';
import { AWS } from './aws-event-stream.ts';
import type { StreamDocument } from './document.ts';
import { parseFrames } from './framing.ts';

function documentOf(bytes: Uint8Array): StreamDocument {
  const parsed = parseFrames(bytes, AWS);
  if (!parsed.ok) throw new Error(parsed.problem);
  return parsed.document;
}

function delta(text: string) {
  return encodeFrame({
    headers: { ':event-type': 'contentBlockDelta', ':message-type': 'event' },
    payload: JSON.stringify({ delta: { text } }),
  });
}

test('frames are named by their headers and have the payload as their value', () => {
  const exception = encodeFrame({
    headers: { ':message-type': 'exception', ':exception-type': 'throttlingException' },
    payload: '{"message":"slow down"}',
  });
  expect(documentOf(Buffer.concat([delta('a'), exception, encodeFrame({})])).events).toMatchObject([
    { name: 'contentBlockDelta', value: { delta: { text: 'a' } } },
    { name: 'throttlingException', value: { message: 'slow down' } },
    { value: undefined },
  ]);
});

test('what other headers say stands beside the payload', () => {
  const error = encodeFrame({
    headers: {
      ':message-type': 'error',
      ':error-code': 'InternalFailure',
      ':error-message': 'Call Bob',
      note: 'now',
    },
  });
  expect(documentOf(error).events).toMatchObject([{ value: undefined, beside: 'Call Bob\nnow' }]);
});

test('headers of every type are stepped over and kept', () => {
  const rawHeaders = Buffer.from(
    [
      '0161 00',
      '0162 01',
      '0163 02 ff',
      '0164 03 ffff',
      '0165 04 ffffffff',
      '0166 05 ffffffffffffffff',
      '0167 06 0002 ffff',
      '0168 08 ffffffffffffffff',
      `0169 09 ${'ff'.repeat(16)}`,
    ]
      .join('')
      .replaceAll(' ', ''),
    'hex',
  );
  const frame = (t: string) =>
    encodeFrame({ headers: { ':event-type': 'e' }, rawHeaders, payload: JSON.stringify({ t }) });
  const document = documentOf(frame('old'));
  expect(document.events).toMatchObject([{ name: 'e', value: { t: 'old' } }]);
  expect(Buffer.from(document.apply([{ path: [0, 't'], text: 'a longer one' }]))).toEqual(
    frame('a longer one'),
  );
});

test('an edited frame has new lengths and checksums, the others keep their bytes', () => {
  const document = documentOf(Buffer.concat([delta('a'), delta('b'), delta('c')]));
  const edited = document.apply([
    { path: [2, 'delta', 'text'], text: '' },
    { path: [0, 'delta', 'text'], text: 'longer' },
  ]);
  expect(Buffer.from(edited)).toEqual(Buffer.concat([delta('longer'), delta('b'), delta('')]));
});

test('the value of a chunk is the JSON in its base64', () => {
  const document = documentOf(Buffer.concat([encodeChunk('{"t": "ä"}'), encodeChunk('{"t": "b"}', 'xyz')]));
  expect(document.value).toEqual([{ t: 'ä' }, { t: 'b' }]);
  expect(Buffer.from(document.apply([{ path: [1, 't'], text: 'ö' }]))).toEqual(
    Buffer.concat([encodeChunk('{"t": "ä"}'), encodeChunk('{"t": "ö"}', 'xyz')]),
  );
});

test('a last frame that breaks off has no value and keeps its bytes', () => {
  const [first, second] = [delta('a'), delta('secret')];
  for (let length = 1; length < second.length; length++) {
    const cut = second.subarray(0, length);
    const document = documentOf(Buffer.concat([first, cut]));
    expect(document.value).toEqual([{ delta: { text: 'a' } }, undefined]);
    const edited = document.apply([{ path: [0, 'delta', 'text'], text: 'A' }]);
    expect(Buffer.from(edited)).toEqual(Buffer.concat([delta('A'), cut]));
  }
});

test('a stream is corrupt whichever byte of it is wrong', () => {
  const bytes = Buffer.concat([delta('a'), encodeFrame({ payload: '{}' })]);
  for (let index = 0; index < bytes.length; index++) {
    const wrong = Buffer.from(bytes);
    wrong[index] = (wrong[index] ?? 0) ^ 1;
    expect(parseFrames(wrong, AWS)).toEqual({ ok: false, problem: 'corrupt' });
  }
});

test.each([
  ['an unknown type', '0161 0a'],
  ['a name that is cut', '0961'],
  ['no length', '0161 07 00'],
  ['a value that is cut', '0161 07 0005 61'],
])('headers with %s are corrupt', (_, hex) => {
  const frame = encodeFrame({ rawHeaders: Buffer.from(hex.replaceAll(' ', ''), 'hex'), payload: '{}' });
  expect(parseFrames(frame, AWS)).toEqual({ ok: false, problem: 'corrupt' });
});

test.each([
  ['invalid_json', encodeFrame({ payload: '{"t":' })],
  ['invalid_json', encodeChunk('{"t":}', 'ab')],
  ['invalid_json', encodeFrame({ headers: { ':event-type': 'chunk' }, payload: '{"bytes":"e30=?"}' })],
])('%s wherever a payload is so', (problem, frame) => {
  expect(parseFrames(Buffer.concat([frame, delta('a')]), AWS)).toEqual({ ok: false, problem });
});

test.each([
  ['a payload', encodeFrame({ payload: '{"t":"a","t":"b"}' })],
  ['a chunk', encodeChunk('{"t":"a","t":"b"}')],
])('what one value hides of another with the same key is told beside: in %s', (_name, frame) => {
  const parsed = parseFrames(frame, AWS);
  expect(parsed.ok && parsed.document.events.map(({ value, beside }) => ({ value, beside }))).toEqual([
    { value: { t: 'b' }, beside: 'a' },
  ]);
});

test('what a chunk holds that is no event is its own base64, unless a model would send it', () => {
  const frame = (text: string, more = '') =>
    encodeFrame({
      headers: { ':event-type': 'chunk' },
      payload: `{"bytes":"${Buffer.from(text).toString('base64')}"${more}}`,
    });
  const value = (bytes: Buffer) => {
    const parsed = parseFrames(bytes, AWS);
    return parsed.ok ? parsed.document.value : parsed.problem;
  };
  expect(value(frame('Hi'))).toEqual([{ bytes: 'SGk=' }]);
  expect(value(frame('{Hi}'))).toEqual([{ bytes: 'e0hpfQ==' }]);
  expect(value(frame('42'))).toEqual([{ bytes: 'NDI=' }]);
  expect(value(frame('{"a":1}'))).toEqual([{ a: 1 }]);
  expect(value(frame('{Hi}', ',"p":"ab"'))).toBe('invalid_json');
});
