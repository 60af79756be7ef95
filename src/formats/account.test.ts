import { expect, it } from 'vitest';
import { parseJson } from '../body/json/document.ts';
import { parseStream } from '../body/stream/index.ts';
import { readRequest, readStream } from './read.ts';
import { routeFormats } from './registry.ts';
import type { JsonObject } from './segment.ts';
import { writeBack } from './write-back.ts';

/** A tool's input, of a free shape, as it is written. */
function body(input: string): string {
  return `{"model":"claude-sonnet-4-20250514","max_tokens":9,"messages":[{"role":"assistant","content":[{"type":"tool_use","id":"toolu_01A09q90qw90lq917835lq9","name":"pay","input":${input}}]}]}`;
}

function read(json: string) {
  const parsed = parseJson(Buffer.from(json));
  if (!parsed.ok) throw new Error(parsed.problem);
  const { value, apply } = parsed.document;
  const formats = routeFormats('anthropic', '/v1/messages');
  if (!formats) throw new Error('no such format');
  const { extraction } = readRequest(formats, value as JsonObject, '/v1/messages');
  return { value, apply, extraction };
}

it.each([
  ['a card', '{"card":4111111111111111}', '4111111111111111'],
  ['a negative number', '{"x":-4111111111111111}', '-4111111111111111'],
  ['a number with an exponent', '{"card":4.111111111111111e15}', '4111111111111111'],
  ['a number with a negative exponent', '{"card":41111111111111110000e-4}', '4111111111111111'],
  ['more digits than JavaScript keeps', '{"card":6304000000000000012}', '6304000000000000012'],
  [
    'an exponent and more digits than JavaScript keeps',
    '{"x":[{"y":9.999888877776666e15}]}',
    '9999888877776666',
  ],
  ['a number larger than any', '{"x":[1e400]}', 'Infinity'],
  ['a number beside a fraction', '{"x":4111111111111111.25}', '4111111111111111'],
  ['a value in several numbers', '{"card":[4111,1111,1111,1111]}', '4111 1111 1111 1111'],
])('%s is inspected as its reader reads it', (_name, input, digits) => {
  expect(read(body(input)).extraction.segments.flatMap(({ text }) => text.split('\n'))).toContain(digits);
});

it.each([
  ['a count', '{"x":123456}'],
  ['a fraction', '{"x":0.4111111111111111}'],
  ['a list of fractions', '{"x":[0.1234567,0.7654321]}'],
  ['a list of few digits', '{"x":[1,2,3]}'],
])('%s is no text', (_name, input) => {
  const texts = read(body(input)).extraction.segments.map(({ text }) => text);
  expect(texts.join('\n')).not.toMatch(/\d{3}/);
});

it('a number that is redacted becomes a string, wherever it stands', () => {
  const json = body('{"card":4.111111111111111e15,"again":[4111111111111111],"n":1.50}');
  const { value, apply, extraction } = read(json);
  const segment = extraction.segments.find(({ text }) => text.includes('4111111111111111'));
  const text = segment?.text.replace('4111111111111111', '****1111') ?? '';
  const written = segment && writeBack(value, [{ segment, text }]);
  expect(written?.ok && Buffer.from(apply(written.edits)).toString()).toBe(
    body('{"card":"****1111","again":["****1111"],"n":1.50}'),
  );
});

it('a number larger than any is text also where nobody knows how it was written', () => {
  const formats = routeFormats('anthropic', '/v1/messages');
  const { extraction } =
    (formats && readRequest(formats, { x: Number.POSITIVE_INFINITY }, '/v1/messages')) ?? {};
  expect(extraction?.segments.map(({ text }) => text)).toContain('Infinity');
});

it('a body of which a part was not looked at is told', () => {
  const { value, extraction } = read(body('{"a":[1,{"b":"c"}]}'));
  expect(extraction.isUnaccounted).toBeUndefined();
  Object.assign(value as object, { messages: [] });
  const formats = routeFormats('anthropic', '/v1/messages');
  expect(formats && readRequest(formats, value as JsonObject, '/v1/messages').extraction.isUnaccounted).toBe(
    true,
  );
});

it('an event of which a part was not looked at is told', () => {
  const formats = routeFormats('anthropic', '/v1/messages');
  const parsed = parseStream(Buffer.from('data: {"type":"ping","a":[1,{"b":"c"}]}\n\n'), 'text/event-stream');
  if (!formats || !parsed?.ok) throw new Error('no stream');
  const unaccounted = () => readStream(formats, parsed.document.events, '').extraction.isUnaccounted;
  expect(unaccounted()).toBeUndefined();
  Object.assign(parsed.document.events[0]?.value as object, { a: [] });
  expect(unaccounted()).toBe(true);
});
