import { describe, expect, it } from 'vitest';
import { isUtf8, isUtf8Answer } from './charset.ts';

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
    ['application/json; charset=', false, false],
  ])('%s is UTF-8 in a request: %s, in an answer: %s', (contentType, request, answer) => {
    expect([isUtf8(contentType), isUtf8Answer(contentType)]).toEqual([request, answer]);
  });
});
