/**
 * Kong's RPC messages.
 *
 * Request `[0, id, method, [argument]]`, answer `[1, id, error, result]`, notification `[2, label, argument]`.
 *
 * @see https://github.com/msgpack-rpc/msgpack-rpc/blob/master/spec.md
 */
import { Decoder, Encoder, type ExtensionCodec } from '@msgpack/msgpack';
import { MalformedFrame } from './frame-reader.ts';

export interface RpcRequest {
  id: number;
  method: string;
  argument: unknown;
}

const decoder = new Decoder();
/** Kong knows no extension types, so no value need be looked at for one. */
const NO_EXTENSIONS: Pick<ExtensionCodec, 'tryToEncode' | 'decode'> = {
  tryToEncode: () => null,
  decode: () => undefined,
};
const encoder = new Encoder({ extensionCodec: NO_EXTENSIONS });

/** @throws MalformedFrame */
export function decodeRequest(frame: Uint8Array): RpcRequest {
  const message = decodeValue(frame);
  if (!Array.isArray(message) || message[0] !== 0) throw new MalformedFrame('not an RPC request');
  const [, id, method, args] = message;
  if (typeof id !== 'number' || typeof method !== 'string') throw new MalformedFrame('not an RPC request');
  return { id, method, argument: Array.isArray(args) ? args[0] : undefined };
}

export function encodeRequest(id: number, method: string): Uint8Array {
  return encoder.encode([0, id, method, []]);
}

/** @throws MalformedFrame also for an error in place of a result */
export function decodeResult(frame: Uint8Array): unknown {
  const message = decodeValue(frame);
  if (!Array.isArray(message) || message[0] !== 1) throw new MalformedFrame('not an RPC answer');
  const [, , error, result] = message;
  if (error !== null) throw new MalformedFrame('the RPC answer is an error');
  return result;
}

export function encodeResult(id: number, result: unknown): Uint8Array {
  return encoder.encode([1, id, null, result]);
}

export function encodeNotification(label: string): Uint8Array {
  return encoder.encode([2, label, null]);
}

export function encodeError(id: number, error: string): Uint8Array {
  return encoder.encode([1, id, error, null]);
}

function decodeValue(frame: Uint8Array): unknown {
  try {
    return decoder.decode(frame);
  } catch {
    return decodeRenamed(frame);
  }
}

const PROTO_KEY = Buffer.from('\xa9__proto__', 'latin1');

/** A colon, which no header's name has: in the place of another header it would hide that one. */
const RENAMED_BY = 0x3a;

/**
 * The decoder refuses the map key `__proto__`, and any client can send a header of that name. The header is renamed
 * rather than the frame refused: Kong would let the request pass.
 */
function decodeRenamed(frame: Uint8Array): unknown {
  const bytes = Buffer.from(frame);
  for (let at = bytes.indexOf(PROTO_KEY); at !== -1; at = bytes.indexOf(PROTO_KEY, at + 1))
    bytes[at + 1] = RENAMED_BY;
  try {
    return decoder.decode(bytes);
  } catch {
    throw new MalformedFrame('not MessagePack');
  }
}
