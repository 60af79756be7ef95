/** Every text that some reader could find in the bytes of a message: for attacks it does not matter which reader. */
import * as zlib from 'node:zlib';

/** Bytes that a message may decompress to; attacks with bombs are not read to their end. */
const MAX_DECODED = 33_554_432;
/** Layers of compression, one more than the product takes off. */
const MAX_LAYERS = 3;
/** Characters from which on a string may be base64; shorter words look like it by chance. */
const MIN_BASE64 = 16;

/** A flush in place of an end takes what there is of data that is cut short. */
const ZLIB = { maxOutputLength: MAX_DECODED, finishFlush: zlib.constants.Z_SYNC_FLUSH };
const BROTLI = { maxOutputLength: MAX_DECODED, finishFlush: zlib.constants.BROTLI_OPERATION_FLUSH };
const ZSTD = { maxOutputLength: MAX_DECODED, finishFlush: zlib.constants.ZSTD_e_flush };

const DECODERS = [
  (bytes: Buffer) => zlib.gunzipSync(bytes, ZLIB),
  (bytes: Buffer) => zlib.inflateSync(bytes, ZLIB),
  (bytes: Buffer) => zlib.inflateRawSync(bytes, ZLIB),
  (bytes: Buffer) => zlib.brotliDecompressSync(bytes, BROTLI),
  (bytes: Buffer) => zlib.zstdDecompressSync(bytes, ZSTD),
];

/** Whether some reader of the bytes finds the text; blanks and line breaks do not count. */
export function canBeRead(text: string, bytes: Uint8Array): boolean {
  const wanted = squeezed(text);
  return layersOf(Buffer.from(bytes)).some((layer) =>
    charactersOf(layer).some((characters) =>
      [characters, ...stringsOf(characters)].some((reading) => squeezed(reading).includes(wanted)),
    ),
  );
}

/** Whether a JSON value says the text in plain characters, in one string or cut over several. */
export function says(value: unknown, text: string): boolean {
  const wanted = squeezed(text);
  return joined(leavesOf([value])).some((reading) => squeezed(reading).includes(wanted));
}

function squeezed(text: string): string {
  return text.replace(/\s+/g, '');
}

/** The bytes as they are, and what every decompressor makes of them, whatever a header says. */
function layersOf(bytes: Buffer, left = MAX_LAYERS): Buffer[] {
  if (left === 0) return [bytes];
  const decoded = DECODERS.flatMap((decode) => {
    try {
      const plain = decode(bytes);
      return plain.length > 0 ? layersOf(plain, left - 1) : [];
    } catch {
      return [];
    }
  });
  return [bytes, ...decoded];
}

function charactersOf(bytes: Buffer): string[] {
  const text = bytes.toString('utf8');
  const evenBytes = bytes.subarray(0, bytes.length & ~1);
  return [
    text,
    fromUtf7(text),
    evenBytes.toString('utf16le'),
    Buffer.from(evenBytes).swap16().toString('utf16le'),
  ];
}

function fromUtf7(text: string): string {
  return text.replace(/\+([A-Za-z\d/+]+)-?/g, (_, coded: string) => {
    const bytes = Buffer.from(coded, 'base64');
    return bytes
      .subarray(0, bytes.length & ~1)
      .swap16()
      .toString('utf16le');
  });
}

/** What JSON parsers make of a text: of all of it, of each line, of each event. */
function stringsOf(text: string): string[] {
  const lines = text.split(/[\r\n]+/).map((line) => line.replace(/^data:\s*/, ''));
  const values = [text.replace(/^\ufeff/, ''), ...lines].flatMap((json) => {
    if (!/^\s*["[{]/.test(json)) return [];
    try {
      return [JSON.parse(json) as unknown];
    } catch {
      return [];
    }
  });
  const leaves = leavesOf(values);
  return [...joined(leaves), ...leaves.flatMap(({ text }) => decodings(text))];
}

interface Leaf {
  /** The same for every value. */
  place: string;
  text: string;
}

/** Every string of the values, keys as well, in reading order. */
function leavesOf(values: readonly unknown[]): Leaf[] {
  const leaves: Leaf[] = [];
  const walk = (value: unknown, place: string): void => {
    if (typeof value === 'string') leaves.push({ place, text: value });
    else if (typeof value === 'object' && value !== null) {
      for (const [key, member] of Object.entries(value)) {
        if (!Array.isArray(value)) leaves.push({ place: `${place}/${key}#`, text: key });
        walk(member, `${place}/${key}`);
      }
    }
  };
  for (const value of values) walk(value, '');
  return leaves;
}

/** All strings as one, and, as the deltas of a stream are read, those at the same place of each value as one. */
function joined(leaves: readonly Leaf[]): string[] {
  const isKey = ({ place }: Leaf) => place.endsWith('#');
  const texts = leaves.filter((leaf) => !isKey(leaf));
  const byPlace = Map.groupBy(leaves, ({ place }) => place).values();
  return [texts, ...byPlace].map((group) => group.map(({ text }) => text).join(''));
}

/** What a string says to whoever takes it for base64, for a data: URL or for percent-encoded. */
function decodings(text: string): string[] {
  const payload = text.replace(/^data:[^,]*,/, '');
  const readings = /^[\w+/=-]+$/.test(payload) && payload.length >= MIN_BASE64 ? [fromBase64(payload)] : [];
  try {
    return payload.includes('%') ? [...readings, decodeURIComponent(payload)] : readings;
  } catch {
    return readings;
  }
}

function fromBase64(text: string): string {
  return Buffer.from(text, 'base64').toString('utf8');
}
