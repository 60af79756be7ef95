/** What an event adds to a text that goes on from one event of a stream to the next. */
import { digest } from '../../body/text-key.ts';
import { protocolNamed } from '../../protocols/index.ts';
import type { ProtocolName } from '../../protocols/names.ts';
import type { StreamPiece } from '../../protocols/protocol.ts';
import { openFrame } from './open-frame.ts';

/** UTF-16 code units of a text that are kept: more than a value or an injection has. */
const MAX_KEPT = 2_000;

/** @returns the piece with the end of its text alone; undefined where nothing goes on */
export function pieceOfFrame(
  protocol: ProtocolName,
  frame: Uint8Array,
  position: { isFirst: boolean; breaksOff: boolean },
): StreamPiece | undefined {
  const { pieceIn } = protocolNamed(protocol);
  const opened = pieceIn && openFrame(frame, position);
  const piece = opened?.ok ? pieceIn?.(opened.document.value) : undefined;
  return piece && { ...piece, of: digest(piece.of), text: endOf(piece.text) };
}

/** Not from the middle of a surrogate pair. */
export function endOf(text: string): string {
  const end = text.slice(-MAX_KEPT);
  return /^[\udc00-\udfff]/.test(end) ? end.slice(1) : end;
}
