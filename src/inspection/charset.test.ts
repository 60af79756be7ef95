import { describe, expect, it } from 'vitest';
import { isUtf8, isUtf8Answer } from './charset.ts';

/** Of UTF-8, windows-1252 and iso-8859-15, from the Encoding Standard. */
const LABELS = new Set(
  [
    'unicode-1-1-utf-8 unicode11utf8 unicode20utf8 utf-8 utf8 x-unicode20utf8',
    'ansi_x3.4-1968 ascii cp1252 cp819 csisolatin1 ibm819 iso-8859-1 iso-ir-100 iso8859-1 iso88591 iso_8859-1',
    'iso_8859-1:1987 l1 latin1 us-ascii windows-1252 x-cp1252',
    'csisolatin9 iso-8859-15 iso8859-15 iso885915 iso_8859-15 l9',
  ].flatMap((line) => line.split(' ')),
);
const ASCII = Buffer.from(Array.from({ length: 0x7f }, (_, byte) => byte + 1));

describe('a content type', () => {
  it.each([
    [undefined, true, true],
    ['application/json', true, true],
    ['application/json; charset=UTF-8', true, true],
    ['text/event-stream;charset="utf8"', true, true],
    ['text/html; charset=ISO-8859-1', false, true],
    ['text/event-stream; charset=utf-7', false, false],
    ['text/event-stream; charset=utf-8; charset=utf-16le', false, false],
    ["text/event-stream; charset*=utf-8''utf-16le", false, false],
    ['application/json; charset=cp037', false, false],
    ['application/json; charset=unicode-1-1-utf-8', true, true],
    ['application/json; charset=', true, true],
    ['application/json;charset="" ; a=b', true, true],
    ['application/json; charset=; charset=utf-16', false, false],
    ['application/json; charset=""utf-16', false, false],
    ['application/json; charset="utf-8"utf-16', false, false],
    ["application/json; charset=''utf-16", false, false],
    ['application/json; charset= utf-16', false, false],
    ['application/json; charset="', false, false],
    ["application/json; charset='utf-8'", true, true],
    ["application/json; charset='utf-16'", false, false],
    ["application/json; charset='utf-8", false, false],
    ['application/json; charset=utf-8 charset=utf-16', false, false],
    ['application/json; charset=iso8859-1', false, true],
    ['application/json; charset=ANSI_X3.4-1968', false, true],
    ['application/json; charset=ISO_8859-1:1987', false, true],
    ['application/json; charset=ISO-2022-JP', false, false],
    ['application/json; charset=UTF-16', false, false],
    ['application/json; charset=replacement', false, false],
  ])('%s is UTF-8 in a request: %s, in an answer: %s', (contentType, request, answer) => {
    expect([isUtf8(contentType), isUtf8Answer(contentType)]).toEqual([request, answer]);
  });

  it('may name its charset by each label of those in which ASCII is ASCII', () => {
    const labels = [...LABELS].filter((label) => !isUtf8Answer(`application/json; charset=${label}`));
    expect(labels).toEqual([]);
    const decoded = (label: string) => new TextDecoder(label).decode(ASCII);
    expect([...LABELS].filter((label) => decoded(label) !== ASCII.toString('latin1'))).toEqual([]);
  });
});
