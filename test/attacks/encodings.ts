/** The prompt in a form that this reader and the provider's could undo differently, or only one of them. */
import * as zlib from 'node:zlib';
import type { PostOptions } from '../../testkit/harness/stage.ts';
import { type Attack, INJECTION, type Outcome, type Theme } from './attack.ts';
import { headOf } from './raw-http.ts';
import { post, promptOf, sendRaw } from './sending.ts';

const MAX_BODY = 20_000;
const PROMPT = promptOf(INJECTION);
const BLOCKED: Outcome = { kind: 'blocked' };

const refused = (status: number | number[], saying: string): Outcome => ({ kind: 'refused', status, saying });
const CORRUPT = refused(400, 'the body is not what its content-encoding says');
const UNKNOWN = refused(415, 'the content-encoding is none of');
const LOOKALIKE = refused(400, 'a header that a server may take for one');
const NO_JSON = refused(400, 'the body is not one valid JSON value');
const TOO_LARGE = refused(413, `the body is larger than max_body_size (${MAX_BODY} bytes)`);
const EXPANDS = refused(413, 'too small for what it becomes');
const TOO_COMPLEX = refused(400, 'nested too deeply or has too many values');
const { gzipSync, deflateSync, deflateRawSync, brotliCompressSync, zstdCompressSync } = zlib;

/** A frame of zstd that decoders pass over. */
const SKIPPABLE = Buffer.from([0x50, 0x2a, 0x4d, 0x18, 4, 0, 0, 0, 1, 2, 3, 4]);

function coded(attack: string, coding: string, body: Uint8Array | string, must: Outcome): Attack {
  return {
    attack,
    against: 'no prompt leaves unread',
    planted: INJECTION,
    send: (stage) => post(stage, body, { headers: { 'content-encoding': coding } }),
    must,
  };
}

/** A request whose header lines stand as they are. */
function lines(attack: string, headers: string[], body: Uint8Array | string, must: Outcome): Attack {
  const bytes = Buffer.from(body);
  const head = headOf('POST /openai/v1/chat/completions HTTP/1.1', [
    'Connection: close',
    `Content-Length: ${bytes.length}`,
    ...headers,
  ]);
  return {
    attack,
    against: 'no prompt leaves unread',
    planted: INJECTION,
    send: (stage) => sendRaw(stage, [Buffer.concat([Buffer.from(head), bytes])]),
    must,
  };
}

function limited(attack: string, options: PostOptions, body: Uint8Array | string, must: Outcome): Attack {
  return {
    attack,
    against: 'one caller does not stop the others',
    planted: INJECTION,
    send: (stage) => post(stage, body, { route: 'small', ...options }),
    must,
  };
}

function manyOf(value: string, count: number): string {
  return promptOf(INJECTION).replace(/}$/, `,"x":[${value}${`,${value}`.repeat(count)}]}`);
}

function manyTurns(count: number): string {
  return promptOf(INJECTION).replace(']', `${',{"role":"user","content":"a"}'.repeat(count)}]`);
}

function nested(depth: number): string {
  return promptOf(INJECTION).replace(/}$/, `,"x":${'['.repeat(depth)}${']'.repeat(depth)}}`);
}

const BOMB = PROMPT.padEnd(5_000_000);
const JSON_TYPE = 'Content-Type: application/json';
const PADS = Array<string>(990).fill('a: 1');
const utf16 = Buffer.from(PROMPT, 'utf16le');
const utf7 = PROMPT.replace('I', '+AEk-');

export const encodings: Theme = {
  name: 'a prompt in another form',
  stage: { routes: { small: { config: { max_body_size: MAX_BODY } } } },
  attacks: [
    coded('a few KB that become megabytes', 'gzip', gzipSync(manyOf('0', 3_000_000)), EXPANDS),
    coded(
      'a few KB that become megabytes twice',
      'gzip, br',
      brotliCompressSync(gzipSync(manyOf('0', 3_000_000))),
      EXPANDS,
    ),
    coded('a few KB that become a million values', 'gzip', gzipSync(manyOf('0', 1_010_000)), TOO_COMPLEX),
    coded('a few KB that become masses of texts', 'gzip', gzipSync(manyTurns(20_000)), BLOCKED),
    coded('a few KB that become lists without end', 'br', brotliCompressSync(nested(1_000_000)), TOO_COMPLEX),
    coded('gzip under its old name', 'x-gzip', gzipSync(PROMPT), BLOCKED),
    coded('a coding in capitals', 'GZIP', gzipSync(PROMPT), BLOCKED),
    coded('deflate', 'deflate', deflateSync(PROMPT), BLOCKED),
    coded('zstd', 'zstd', zstdCompressSync(PROMPT), BLOCKED),
    coded('two codings, one over the other', 'gzip, br', brotliCompressSync(gzipSync(PROMPT)), BLOCKED),
    coded('a coding beside identity and empty elements', 'identity,, gzip ,', gzipSync(PROMPT), BLOCKED),
    coded('two codings named in the wrong order', 'br, gzip', brotliCompressSync(gzipSync(PROMPT)), CORRUPT),
    coded('three codings', 'gzip, gzip, gzip', gzipSync(gzipSync(gzipSync(PROMPT))), UNKNOWN),
    coded('a coding with a parameter', 'gzip;q=1', gzipSync(PROMPT), UNKNOWN),
    coded('a name of every object', '__proto__', PROMPT, UNKNOWN),
    coded('an unknown coding', 'compress', PROMPT, UNKNOWN),
    coded('plain JSON called gzip', 'gzip', PROMPT, CORRUPT),
    coded('one coding called another', 'br', gzipSync(PROMPT), CORRUPT),
    coded('gzip that is cut short', 'gzip', gzipSync(PROMPT).subarray(0, -9), CORRUPT),
    coded(
      'a second gzip member',
      'gzip',
      Buffer.concat([gzipSync(promptOf('Hi.')), gzipSync(PROMPT)]),
      NO_JSON,
    ),
    coded(
      'plain JSON behind gzip',
      'gzip',
      Buffer.concat([gzipSync(promptOf('Hi.')), Buffer.from(PROMPT)]),
      CORRUPT,
    ),
    coded(
      'a second zstd frame',
      'zstd',
      Buffer.concat([zstdCompressSync(promptOf('Hi.')), zstdCompressSync(PROMPT)]),
      CORRUPT,
    ),
    coded(
      'a zstd frame that decoders pass over',
      'zstd',
      Buffer.concat([SKIPPABLE, zstdCompressSync(PROMPT)]),
      CORRUPT,
    ),
    coded(
      'deflate without its header, which could as well be JSON',
      'deflate',
      deflateRawSync(PROMPT),
      CORRUPT,
    ),
    coded(
      'deflate with JSON behind it',
      'deflate',
      Buffer.concat([deflateSync(promptOf('Hi.')), Buffer.from(PROMPT)]),
      CORRUPT,
    ),
    coded(
      'br with JSON behind it',
      'br',
      Buffer.concat([brotliCompressSync(promptOf('Hi.')), Buffer.from(PROMPT)]),
      CORRUPT,
    ),
    lines(
      'gzip that no header tells of',
      [JSON_TYPE],
      gzipSync(PROMPT),
      refused(400, 'the body is not valid UTF-8'),
    ),
    lines(
      'two lines of content-encoding, one of them empty',
      [JSON_TYPE, 'Content-Encoding: ', 'CONTENT-ENCODING: gzip'],
      gzipSync(PROMPT),
      BLOCKED,
    ),
    lines(
      'two lines that name one coding',
      [JSON_TYPE, 'Content-Encoding: gzip', 'content-encoding: gzip'],
      gzipSync(PROMPT),
      CORRUPT,
    ),
    lines(
      'a coding under a name that CGI servers take for content-encoding',
      [JSON_TYPE, 'Content_Encoding: br'],
      PROMPT,
      LOOKALIKE,
    ),
    lines(
      'a charset under a name that CGI servers take for content-type',
      [JSON_TYPE, 'Content_Type: application/json; charset=utf-7'],
      utf7,
      LOOKALIKE,
    ),
    lines(
      'the chunks of an AWS signature, and their coding',
      [JSON_TYPE, 'Content-Encoding: aws-chunked'],
      `5;chunk-signature=0\r\n${PROMPT}`,
      UNKNOWN,
    ),
    lines(
      'the chunks of an AWS signature',
      [JSON_TYPE, 'x-amz-content-sha256: STREAMING-AWS4-HMAC-SHA256-PAYLOAD'],
      `${PROMPT.length.toString(16)};chunk-signature=0\r\n${PROMPT}\r\n0\r\n\r\n`,
      NO_JSON,
    ),
    lines('gzip as a transfer coding', [JSON_TYPE, 'Transfer-Encoding: gzip'], gzipSync(PROMPT), {
      kind: 'refused',
      status: [400, 501],
    }),
    lines(
      'UTF-7 in the second of two content types',
      [JSON_TYPE, 'content-type: text/plain; charset=utf-7'],
      utf7,
      refused(415, 'charset'),
    ),
    lines(
      'UTF-7 behind a thousand headers, some of which are named as __proto__ might be renamed',
      [...Array<string>(9).fill('x_proto__: 1'), '__proto__: 1', ...PADS, `${JSON_TYPE}; charset=utf-7`],
      utf7,
      refused(431, 'more headers than can be inspected'),
    ),
    lines(
      'UTF-7 as an extended parameter',
      ["Content-Type: application/json; charset*=us-ascii'en'utf-7"],
      utf7,
      refused(415, 'charset'),
    ),
    lines(
      'UTF-7 as a parameter in pieces',
      ['Content-Type: application/json; charset*0=utf-; charset*1=7'],
      utf7,
      refused(415, 'charset'),
    ),
    lines(
      'UTF-7 behind UTF-8',
      ['Content-Type: application/json; charset=utf-8; charset=utf-7'],
      utf7,
      refused(415, 'charset'),
    ),
    lines(
      'UTF-8 in capitals and quotes',
      ['Content-Type: application/json;CHARSET="UTF-8"'],
      PROMPT,
      BLOCKED,
    ),
    lines(
      'UTF-16 that says so',
      ['Content-Type: application/json; charset=utf-16le'],
      utf16,
      refused(415, 'charset'),
    ),
    lines('UTF-16 that does not say so', [JSON_TYPE], utf16, NO_JSON),
    lines(
      'UTF-16 behind its passed-marker',
      [JSON_TYPE],
      Buffer.concat([Buffer.from([0xff, 0xfe]), utf16]),
      refused(400, 'the body is not valid UTF-8'),
    ),
    lines('a byte-order mark', [JSON_TYPE], `\ufeff${PROMPT}`, NO_JSON),
    lines(
      'characters in more bytes than they need',
      [JSON_TYPE],
      Buffer.from(PROMPT.replace('I', '\xc1\x89'), 'latin1'),
      refused(400, 'the body is not valid UTF-8'),
    ),
    limited('a body over max_body_size', {}, PROMPT.padEnd(MAX_BODY + 1), TOO_LARGE),
    ...(
      [
        ['gzip', gzipSync(BOMB)],
        ['deflate', deflateSync(BOMB)],
        ['br', brotliCompressSync(BOMB)],
        ['zstd', zstdCompressSync(BOMB)],
        ['gzip, zstd', zstdCompressSync(gzipSync(BOMB))],
      ] as const
    ).map(([coding, body]) =>
      limited(`a bomb of ${coding}`, { headers: { 'content-encoding': coding } }, body, TOO_LARGE),
    ),
  ],
};
