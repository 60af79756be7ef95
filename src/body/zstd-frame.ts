/**
 * Where a zstd frame ends. A body of several frames, of frames to pass over, or with the beginning of one at its end is read
 * in different ways by different decoders, and by Node's of different versions.
 *
 * @see https://www.rfc-editor.org/rfc/rfc8878#section-3.1.1
 */

const MAGIC = 0xfd2fb528;
const MAGIC_BYTES = 4;
const CHECKSUM_BYTES = 4;
const BLOCK_HEADER_BYTES = 3;

const RLE_BLOCK = 1;

/** @returns whether these bytes are one frame from beginning to end; its content is not looked at */
export function isOneZstdFrame(bytes: Uint8Array): boolean {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length <= MAGIC_BYTES || view.getUint32(0, true) !== MAGIC) return false;
  const descriptor = view.getUint8(MAGIC_BYTES);
  const checksum = (descriptor & 0x04) === 0 ? 0 : CHECKSUM_BYTES;
  for (let at = MAGIC_BYTES + headerBytes(descriptor); at + BLOCK_HEADER_BYTES <= bytes.length; ) {
    const block = view.getUint16(at, true) | (view.getUint8(at + 2) << 16);
    const isLast = (block & 1) === 1;
    at += BLOCK_HEADER_BYTES + (((block >> 1) & 3) === RLE_BLOCK ? 1 : block >> 3);
    if (isLast) return at + checksum === bytes.length;
  }
  return false;
}

/** The descriptor itself, the window's size, the dictionary's number, the content's size. */
function headerBytes(descriptor: number): number {
  const isSingleSegment = (descriptor & 0x20) !== 0;
  const dictionary = [0, 1, 2, 4][descriptor & 3] ?? 0;
  const contentSize = [isSingleSegment ? 1 : 0, 2, 4, 8][descriptor >> 6] ?? 0;
  return 1 + (isSingleSegment ? 0 : 1) + dictionary + contentSize;
}
