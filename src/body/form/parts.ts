/**
 * A form, `multipart/form-data`, cut into its parts. Its readers forgive much, each in its own way: what two of them could
 * read differently is no form here. There is nothing before the first part and behind the last, the delimiter stands nowhere
 * else, lines end with CRLF, and no header is there twice.
 *
 * @see https://www.rfc-editor.org/rfc/rfc7578
 */

/** Bytes of the form, from `start` up to `end`. */
export interface Range {
  start: number;
  end: number;
}

export interface Part {
  name: string;
  /** Only a file has one. It stands where its parameters stand, with their names. */
  filename?: Value;
  mediaType?: Value;
  content: Range;
  /** The digits of a `Content-Length` of its own. */
  length?: Range;
}

export interface Value {
  text: string;
  at: Range;
}

/** Far more than any API has. */
const MAX_PARTS = 1_000;
const MAX_HEAD_BYTES = 8_192;

/** @returns undefined unless the header says `multipart/form-data` with one boundary, and nothing else that matters */
export function boundaryOf(contentType: string | undefined): string | undefined {
  const [, quoted, plain] = CONTENT_TYPE.exec(contentType ?? '') ?? [];
  return quoted ?? plain;
}

const CONTENT_TYPE =
  /^multipart\/form-data; ?(?:charset="?utf-8"?; ?)?boundary=(?:"([\w'()+,./:=?-]{1,70})"|([\w'+.-]{1,70}))(?:; ?charset="?utf-8"?)?$/i;

/** @returns undefined for what is no form, or could be read as two */
export function partsOf(bytes: Uint8Array, boundary: string): Part[] | undefined {
  const body = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const parts: Part[] = [];
  const delimiter = `--${boundary}`;
  let start = 0;
  for (let at = body.indexOf(delimiter); at !== -1; at = body.indexOf(delimiter, at + 1)) {
    const isFirst = at === 0;
    if (!isFirst) {
      const part = start > 0 && lineBreakAt(body, at - 2) ? partIn(body, { start, end: at - 2 }) : undefined;
      if (!part || parts.push(part) > MAX_PARTS) return undefined;
    }
    const behind = at + delimiter.length;
    if (!lineBreakAt(body, behind)) return !isFirst && isClosed(body, behind) ? parts : undefined;
    start = behind + 2;
  }
  return undefined;
}

function lineBreakAt(body: Buffer, at: number): boolean {
  return body[at] === CR && body[at + 1] === LF;
}

/** Some write a line break at the end; `form-data-encoder`, which is in Cohere's client and others, writes two. */
function isClosed(body: Buffer, at: number): boolean {
  return ENDS.has(body.toString('latin1', at, at + 7));
}

const ENDS: ReadonlySet<string> = new Set(['--', '--\r\n', '--\r\n\r\n']);

const CR = 0x0d;
const LF = 0x0a;

function partIn(body: Buffer, { start, end }: Range): Part | undefined {
  const blank = body.subarray(start, Math.min(end, start + MAX_HEAD_BYTES)).indexOf('\r\n\r\n');
  if (blank === -1) return undefined;
  const content = { start: start + blank + 4, end };
  const headers = headersIn(body, { start, end: start + blank });
  const disposition = headers?.get('content-disposition');
  if (!headers || !disposition) return undefined;
  const named = dispositionOf(disposition);
  const length = headers.get('content-length');
  if (!named || (length && Number(length.text) !== end - content.start)) return undefined;
  const encoding = headers.get('content-transfer-encoding')?.text ?? 'binary';
  if (!UNENCODED.test(encoding)) return undefined;
  const mediaType = headers.get('content-type');
  return { ...named, content, ...(mediaType && { mediaType }), ...(length && { length: length.at }) };
}

const UNENCODED = /^(?:binary|8bit|7bit)$/i;

const HEADERS = /^(content-disposition|content-type|content-length|content-transfer-encoding): ?([^\s].*)$/i;

/** @returns undefined where a header is unknown, odd, or there twice */
function headersIn(body: Buffer, { start, end }: Range): Map<string, Value> | undefined {
  const headers = new Map<string, Value>();
  let at = start;
  for (const line of body.toString('latin1', start, end).split('\r\n')) {
    const [whole, name = '', text = ''] = HEADERS.exec(line) ?? [];
    if (whole === undefined || /[\r\n\0]/.test(line)) return undefined;
    const key = name.toLowerCase();
    if (headers.has(key)) return undefined;
    headers.set(key, { text, at: { start: at + line.length - text.length, end: at + line.length } });
    at += line.length + 2;
  }
  return headers;
}

/**
 * With a backslash, readers disagree about where a quoted name ends.
 *
 * @see https://www.rfc-editor.org/rfc/rfc5987 for `filename*`, which some write as well
 */
const DISPOSITION =
  /^form-data; ?name=(?:"([^"\\]{1,1024})"|([\w.[\]-]{1,1024}))(?:; ?(filename=(?:"([^"\\]{0,1024})"|([\w.-]{1,1024}))(?:; ?filename\*=utf-8''([\w.%-]{1,3072}))?))?$/i;

function dispositionOf({ text, at }: Value): Pick<Part, 'name' | 'filename'> | undefined {
  const [, quoted, plain, parameters = '', ...names] = DISPOSITION.exec(text) ?? [];
  const name = quoted ?? plain;
  if (name === undefined) return undefined;
  if (parameters === '') return { name: utf8(name) };
  const filename = utf8(names[0] ?? names[1] ?? '');
  if (names[2] !== undefined && names[2] !== encodeURIComponent(filename)) return undefined;
  const place = { start: at.end - parameters.length, end: at.end };
  return { name: utf8(name), filename: { text: filename, at: place } };
}

function utf8(latin1: string): string {
  return Buffer.from(latin1, 'latin1').toString('utf8');
}
