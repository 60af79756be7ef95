/** For tests: frames of an AWS event stream, encoded without the code under test. */

export interface TestFrame {
  headers?: Record<string, string>;
  /** Headers that are no strings, as bytes. */
  rawHeaders?: Buffer;
  payload?: string;
}

export function encodeFrame({ headers = {}, rawHeaders = Buffer.alloc(0), payload = '' }: TestFrame): Buffer {
  const strings = Object.entries(headers).map(([name, value]) =>
    Buffer.concat([
      Buffer.from([Buffer.byteLength(name)]),
      Buffer.from(name),
      Buffer.from([7]),
      uint16(Buffer.byteLength(value)),
      Buffer.from(value),
    ]),
  );
  const head = Buffer.concat([...strings, rawHeaders]);
  const body = Buffer.from(payload);
  const lengths = Buffer.concat([uint32(16 + head.length + body.length), uint32(head.length)]);
  const unsigned = Buffer.concat([lengths, uint32(crc(lengths)), head, body]);
  return Buffer.concat([unsigned, uint32(crc(unsigned))]);
}

/** An event of InvokeModelWithResponseStream. */
export function encodeChunk(inner: string, padding = 'abc'): Buffer {
  const bytes = Buffer.from(inner).toString('base64');
  return encodeFrame({
    headers: { ':event-type': 'chunk', ':content-type': 'application/json', ':message-type': 'event' },
    payload: JSON.stringify({ bytes, p: padding }),
  });
}

function uint16(value: number): Buffer {
  return Buffer.from([value >>> 8, value & 0xff]);
}

function uint32(value: number): Buffer {
  return Buffer.concat([uint16(value >>> 16), uint16(value & 0xffff)]);
}

/** CRC-32 bit by bit, as its definition reads. */
function crc(bytes: Uint8Array): number {
  let value = 0xffffffff;
  for (const byte of bytes) {
    value ^= byte;
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  }
  return (value ^ 0xffffffff) >>> 0;
}
