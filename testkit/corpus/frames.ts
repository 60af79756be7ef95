/** Cuts a stream into frames in the simplest way that recorded streams allow, to compare two of them. */

export interface Frame {
  /** Everything about it but the JSON of its event. */
  shell: string;
  /** Empty for what is no event. */
  json: string;
}

/** @returns undefined for a JSON list */
export function framesOf(bytes: Uint8Array, file: string): Frame[] | undefined {
  const body = Buffer.from(bytes);
  if (file.endsWith('.bin')) return binaryFrames(body);
  if (file.endsWith('.ndjson')) return lineFrames(body.toString('utf8'));
  return file.endsWith('.sse') ? sseFrames(body.toString('utf8')) : undefined;
}

function sseFrames(text: string): Frame[] {
  return text.split(/(?<=\r\n\r\n|\n\n|\r\r)/).map((block) => ({
    shell: block.replace(/^data: ?.*/gm, 'data'),
    json: [...block.matchAll(/^data: ?(.*)/gm)].map(([, data]) => data).join('\n'),
  }));
}

function lineFrames(text: string): Frame[] {
  return text
    .split(/(?<=\n)/)
    .map((line) => ({ shell: line.slice(line.trimEnd().length), json: line.trim() }));
}

/** Lengths and checksums are no part of the shell: they change with the payload. */
function binaryFrames(body: Buffer): Frame[] {
  const frames: Frame[] = [];
  for (let at = 0; at < body.length; ) {
    const [length, headers] = [body.readUInt32BE(at), body.readUInt32BE(at + 4)];
    const payload = body.toString('utf8', at + 12 + headers, at + length - 4);
    const outer = payload === '' ? {} : JSON.parse(payload);
    const isChunk = typeof outer.bytes === 'string';
    frames.push({
      shell: body.toString('latin1', at + 12, at + 12 + headers) + (isChunk ? outer.p : ''),
      json: isChunk ? Buffer.from(outer.bytes, 'base64').toString('utf8') : payload,
    });
    at += length;
  }
  return frames;
}
