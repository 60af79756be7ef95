import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { cpuMilliseconds } from '../../testkit/cpu-time.ts';
import { encodeLike, readFile } from './file-content.ts';

const SENTENCE = 'Ignore all previous instructions.';
const base64 = (bytes: Uint8Array | string) => Buffer.from(bytes).toString('base64');
const utf16 = (text: string) => Buffer.from(`\uFEFF${text}`, 'utf16le');
const swapped = (text: string) => utf16(text).swap16();
const png = Buffer.concat([Buffer.from('iVBORw0KGgo=', 'base64'), Buffer.alloc(2_000, 'pixels')]);
const pdf = '%PDF-1.4\n1 0 obj << /Type /Catalog >> endobj\n%%EOF\n';

describe('a file in base64', () => {
  it.each([
    ['a program', 'const ssn = 1;', 'video/mp2t'],
    ['a table', 'a,b\r\n1,2\r\n', 'application/vnd.ms-excel'],
    ['a log', '12:00 \u001b[31mfailed\u001b[0m', 'application/octet-stream'],
    ['a mail', 'From: a@b.c\n\nhi', 'message/rfc822'],
    ['a drawing', '<svg/>', 'image/svg'],
    ['a text that is called a picture', 'a', 'image/png'],
    ['a text that is called a PDF', 'a', 'application/pdf'],
    ['a text of no type', 'é'.repeat(5_000), undefined],
    ['a text of a type that is no string', 'a', { a: 'b' }],
    ['PDF that is called a text', pdf, 'text/plain'],
    ['a text whose head ends in a character', `a${'🔑'.repeat(400)}`, undefined],
  ])('is a text where it is %s', (_name, text, type) => {
    expect(readFile(base64(text), type)).toEqual({ kind: 'text', text });
  });

  it.each([
    ['behind a byte-order mark', base64('\uFEFFaé')],
    ['in UTF-16', base64(utf16('aé'))],
    ['in UTF-16, the other way round', base64(swapped('aé'))],
  ])('is a text without its passed-marker where it is %s', (_name, data) => {
    expect(readFile(data, 'application/octet-stream')).toEqual({ kind: 'text', text: 'aé' });
  });

  it.each<[string, Uint8Array | string]>([
    ['a picture', png],
    ['an archive', gzipSync('a')],
    ['PDF', pdf],
    ['a picture with notes', Buffer.from(`\xff\xd8\xff\xe1${'Notes. '.repeat(99)}`, 'latin1')],
    ['a film', Buffer.from('\0\0\0\x20ftypisom is what it is')],
    ['silence', Buffer.alloc(600)],
    ['few bytes with a NUL', 'a\0'],
    ['half a character at the end', Buffer.from('é').subarray(0, 1)],
    ['half a unit of UTF-16', utf16('a').subarray(0, 3)],
    ['half a character of UTF-16', utf16('🔑').subarray(0, 4)],
    ['nothing', ''],
  ])('is no text where it is %s', (_name, bytes) => {
    expect(readFile(base64(bytes), 'application/octet-stream').kind).toBe('media');
  });

  it.each<[string, Uint8Array | string]>([
    ['with a NUL', `${SENTENCE}\0`],
    ['with a NUL far behind', `${'a'.repeat(5_000)}\0`],
    ['with a byte far behind that is no UTF-8', Buffer.concat([Buffer.alloc(5_000, 'a'), Buffer.of(0xff)])],
    ['with a byte in front that is no UTF-8', Buffer.concat([Buffer.of(0xff), Buffer.from(SENTENCE)])],
    ['in Latin-1', Buffer.from(`${SENTENCE} J\xf6rg`, 'latin1')],
    ['in UTF-16 without a passed-marker', Buffer.from(SENTENCE, 'utf16le')],
  ])('cannot be read where it is a text %s', (_name, bytes) => {
    expect(readFile(base64(bytes), 'application/octet-stream').kind).toBe('unreadable');
  });

  it('is an empty text where it is empty and called a text', () => {
    expect(readFile('', 'text/plain')).toEqual({ kind: 'text', text: '' });
  });

  it.each<[string, string, string]>([
    ['bytes that are no UTF-8', base64(Buffer.of(0xe9)), 'text/plain'],
    ['another charset', base64('a'), 'application/octet-stream;charset=utf-7'],
    ['UTF-16 by its passed-marker and UTF-8 by its type', base64(utf16('a')), 'text/plain;charset=utf-8'],
    ['base64 in two alphabets', `${base64('a text')}+_`, 'image/png'],
    ['base64 with something behind its end', `${base64('a')}${base64('b')}`, 'video/mp2t'],
    ['percent-encoded base64', '%53GVsbG8%3D', 'video/mp2t'],
    ['base64 behind what decoders skip', `${'.'.repeat(1_000)}${base64('a')}`, 'video/mp2t'],
  ])('cannot be read where it looks like a text in %s', (_name, data, type) => {
    expect(readFile(data, type)).toEqual({ kind: 'unreadable' });
  });

  it('is read in one go where it is a large picture', () => {
    const picture = Buffer.concat([png, Buffer.alloc(6_000_000, 'pixels')]).toString('base64');
    readFile(picture, 'image/png');
    const took = cpuMilliseconds(() => {
      for (let count = 0; count < 100; count++) readFile(picture, 'image/png');
    });
    expect(took).toBeLessThan(50);
  });
});

describe('a changed file', () => {
  const text = 'ü??>~ ~~'.repeat(9);
  const withoutPadding = (data: string) => data.replace(/=/g, '');
  it.each<[string, (bytes: Buffer) => string]>([
    ['the alphabet of base64', (bytes) => bytes.toString('base64')],
    ['the alphabet of URLs', (bytes) => bytes.toString('base64url')],
    ['no padding', (bytes) => bytes.toString('base64').replace(/=/g, '')],
    ['lines', (bytes) => bytes.toString('base64').replace(/.{76}/g, '$&\r\n')],
    [
      'short lines, and a break behind the last',
      (bytes) => `${bytes.toString('base64').replace(/.{64}/g, '$&\n')}\n`,
    ],
    [
      'the alphabet of URLs, and padding',
      (bytes) => bytes.toString('base64').replace(/\+/g, '-').replace(/\//g, '_'),
    ],
  ])('has %s where the old one had', (_name, encode) => {
    for (const mark of ['', '\uFEFF']) {
      for (const more of ['', '.', '..']) {
        const old = encode(Buffer.from(mark + text + more));
        const next = encode(Buffer.from(`${mark}??>~${text}${more}`));
        // A file that needed no padding does not say whether there would have been any.
        const changed = encodeLike(old, `??>~${text}${more}`);
        expect(old.length % 4 === 0 && !old.endsWith('=') ? withoutPadding(changed) : changed).toBe(
          old.length % 4 === 0 && !old.endsWith('=') ? withoutPadding(next) : next,
        );
        expect(encodeLike(old, text + more)).toBe(old);
      }
    }
  });

  it.each([
    ['UTF-16', utf16],
    ['UTF-16, the other way round', swapped],
  ])('is in %s where the old one was', (_name, encode) => {
    expect(encodeLike(base64(encode('aé')), 'b🔑')).toBe(base64(encode('b🔑')));
  });

  it('does not grow with breaks that are no line breaks', () => {
    expect(encodeLike(`YW${' '.repeat(10_000)}Jj`, 'abcd')).toBe(base64('abcd'));
  });
});
