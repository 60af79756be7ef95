/** What was said before in the texts that go on from one event of a stream to the next: the end of each. */
import { LRUCache } from 'lru-cache';
import { openFrame } from '../../inspection/messages/open-frame.ts';
import type { Preceding, Protocol } from '../../protocols/protocol.ts';

/** Texts of one stream that may go on, and UTF-16 code units that are kept of each: more than a value or an injection has. */
const MAX_TEXTS = 64;
const MAX_KEPT = 2_000;

export class ContinuedTexts {
  readonly #pieceIn: Protocol['pieceIn'];
  readonly #ends = new LRUCache<string, string>({ max: MAX_TEXTS });

  constructor({ pieceIn }: Protocol) {
    this.#pieceIn = pieceIn;
  }

  /**
   * To be called with each event, in their order.
   *
   * @returns what stands before the text of this event, if that goes on
   */
  next(frame: Uint8Array, position: { isFirst: boolean; breaksOff: boolean }): Preceding | undefined {
    if (!this.#pieceIn) return undefined;
    const opened = openFrame(frame, position);
    const piece = opened?.ok ? this.#pieceIn(opened.document.value) : undefined;
    if (!piece) return undefined;
    const before = piece.continues ? (this.#ends.get(piece.of) ?? '') : '';
    this.#ends.set(piece.of, endOf(before + piece.text));
    return before === '' ? undefined : { text: before, path: piece.path };
  }
}

/** Not from the middle of a surrogate pair. */
function endOf(text: string): string {
  const end = text.slice(-MAX_KEPT);
  return /^[\udc00-\udfff]/.test(end) ? end.slice(1) : end;
}
