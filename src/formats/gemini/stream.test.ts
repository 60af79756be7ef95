import { expect, it } from 'vitest';
import { extractStream, linesOf } from '../../../testkit/formats/extract.ts';
import { generateContent } from './generate-content.ts';

const chunk = (...parts: object[]) => ({ candidates: [{ content: { role: 'model', parts } }] });

it('joins what each candidate says and thinks over the events', () => {
  const found = extractStream(generateContent, [
    chunk({ text: 'Hm', thought: true }),
    chunk({ text: 'm', thought: true }),
    { candidates: [{ index: 1, content: { parts: [{ text: 'Hey' }] } }] },
    chunk({ text: 'Hel' }),
    { usageMetadata: {} },
    chunk({ text: 'lo' }),
  ]);
  expect(linesOf(found)).toEqual([
    'assistant reasoning /0/candidates/0/content/parts/0/text: Hm|m',
    'assistant text /3/candidates/0/content/parts/0/text: Hel|lo',
    'assistant text /2/candidates/0/content/parts/0/text: Hey',
  ]);
});

it('joins the pieces of arguments by where they belong, call by call', () => {
  const piece = (jsonPath: string, stringValue: string) =>
    chunk({ functionCall: { partialArgs: [{ jsonPath, stringValue }], willContinue: true } });
  const found = extractStream(generateContent, [
    chunk({ functionCall: { name: 'a', willContinue: true } }),
    piece('$.to', 'bo'),
    piece('$.cc', 'eve'),
    piece('$.to', 'b'),
    chunk({ functionCall: {} }),
    chunk({ functionCall: { name: 'b', willContinue: true } }),
    piece('$.to', 'al'),
  ]);
  const at = 'candidates/0/content/parts/0/functionCall';
  expect(linesOf(found)).toEqual([
    `assistant label /0/${at}/name: a`,
    `assistant tool_arguments /1/${at}/partialArgs/0/stringValue: bo|b`,
    `assistant tool_arguments /2/${at}/partialArgs/0/stringValue: eve`,
    `assistant label /5/${at}/name: b`,
    `assistant tool_arguments /6/${at}/partialArgs/0/stringValue: al`,
  ]);
});

it('reads an error in the middle of a stream, and a stream that is one', () => {
  const error = { error: { code: 499, message: 'Cancelled', status: 'CANCELLED' } };
  expect(linesOf(extractStream(generateContent, [chunk({ text: 'Hel' }), error]))).toEqual([
    'assistant text /0/candidates/0/content/parts/0/text: Hel',
    'tool text /1/error/message: Cancelled',
  ]);
  expect(linesOf(extractStream(generateContent, [error]))).toEqual(['tool text /0/error/message: Cancelled']);
});
