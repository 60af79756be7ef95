/** Bytes that are no text to a strict reader, though a lenient one reads nearly all of them. */

/** How files of media begin, as Latin-1: such a file may begin with much text, as the notes of a picture are. */
const MEDIA = [
  ...['\xff\xd8\xff', '\x89PNG', 'GIF8', 'RIFF', 'BM', 'II*\0', 'MM\0*', '\0\0\x01\0'],
  ...['ID3', '\xff\xfb', '\xff\xf1', '\xff\xf3', 'OggS', 'fLaC', 'FORM', 'MThd', '\x1aE\xdf\xa3', 'FLV'],
  ...['PK', '\x1f\x8b', 'BZh', '7z\xbc\xaf', '\xfd7zXZ', 'Rar!', '(\xb5/\xfd', '\xd0\xcf\x11\xe0', '%PDF-'],
];

/** Where it stands in ISO media files: MP4, HEIC, AVIF, M4A. */
const FTYP = { at: 4, name: 'ftyp' };

/** So many of all bytes are a text's, or the other halves of a UTF-16 text's; fewer bytes than these say nothing. */
const LEAST_SHARE = 0.85;
const LEAST_BYTES = 8;

/** @param head the first bytes of a file */
export function isTextLike(head: Uint8Array): boolean {
  const start = Buffer.from(head.subarray(0, 16)).toString('latin1');
  if (head.length < LEAST_BYTES || MEDIA.some((magic) => start.startsWith(magic))) return false;
  if (start.startsWith(FTYP.name, FTYP.at)) return false;
  let [readable, empty] = [0, 0];
  for (const byte of head) {
    if ((byte >= 0x20 && byte < 0x7f) || (byte >= 0x09 && byte <= 0x0d)) readable++;
    else if (byte === 0) empty++;
  }
  return empty <= readable && readable + empty >= head.length * LEAST_SHARE;
}
