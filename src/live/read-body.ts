/** Reads the body of a request as Kong sends it to the relay. */
import type { IncomingMessage } from 'node:http';
import type { ByteReservation } from './byte-reservation.ts';
import { lookup } from './headers.ts';
import { hasBody } from './upstream.ts';

export type ReadBody =
  | { kind: 'whole'; bytes: Uint8Array; length: number }
  /** Not all of it was read. */
  | { kind: 'partial'; why: 'too_large' | 'overloaded'; length: number; rest(): AsyncIterable<Uint8Array> }
  | { kind: 'broken' };

export type ReceivedBody = Exclude<ReadBody, { kind: 'broken' }>;

export async function readBody(request: IncomingMessage, held: ByteReservation): Promise<ReadBody> {
  if (!hasBody(request.rawHeaders)) return { kind: 'whole', bytes: new Uint8Array(), length: 0 };
  const chunks: Uint8Array[] = [];
  const announced = Number(lookup(request.rawHeaders).get('content-length') ?? 0);
  const rest = async function* () {
    yield* chunks;
    yield* request;
  };
  if (held.isTooLarge(announced)) return { kind: 'partial', why: 'too_large', length: announced, rest };
  return new Promise((resolve) => {
    let length = 0;
    const end = (body: ReadBody) => {
      request.off('data', take).off('end', whole).off('close', broken).off('error', broken);
      resolve(body);
    };
    const broken = () => end({ kind: 'broken' });
    const whole = () => {
      const [first = new Uint8Array()] = chunks;
      end({ kind: 'whole', bytes: chunks.length > 1 ? Buffer.concat(chunks) : first, length });
    };
    const take = (chunk: Uint8Array) => {
      const refused = held.take(chunk.length);
      chunks.push(chunk);
      length += chunk.length;
      if (!refused) return;
      request.pause();
      end({ kind: 'partial', why: refused, length: Math.max(length, announced), rest });
    };
    request.on('data', take).on('end', whole).on('close', broken).on('error', broken);
  });
}
