/** An AWS event stream as text, because its frames are binary: each event as SSE writes it. */

const TOTAL_LENGTH = 4;
const PRELUDE = 12;
const CHECKSUM = 4;

/** @returns takes bytes as they arrive, and gives the events that have arrived whole */
export function awsEventsAsText(): (bytes: Uint8Array) => string {
  let rest = Buffer.alloc(0);
  return (bytes) => {
    rest = Buffer.concat([rest, bytes]);
    let text = '';
    while (rest.length >= TOTAL_LENGTH) {
      const total = rest.readUInt32BE(0);
      if (total < PRELUDE + CHECKSUM || rest.length < total) break;
      const headers = rest.readUInt32BE(TOTAL_LENGTH);
      text += `data: ${rest.toString('utf8', PRELUDE + headers, total - CHECKSUM)}\n\n`;
      rest = rest.subarray(total);
    }
    return text;
  };
}
