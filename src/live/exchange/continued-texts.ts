/** What was said before in the texts that go on from one event of a stream to the next: the end of each. */
import { LRUCache } from 'lru-cache';
import { endOf } from '../../inspection/messages/stream-piece.ts';
import { cannotInspect } from '../../inspection/open-body.ts';
import { type Decision, isRefusal } from '../../inspection/policy/decision.ts';
import { protocolNamed } from '../../protocols/index.ts';
import type { Exchange, Preceding } from '../../protocols/protocol.ts';
import { type FrameToRead, readPiece } from '../../workers/inspect.ts';

/** Texts of one stream that may go on. */
const MAX_TEXTS = 64;

export type Continued =
  /** `preceding` stands before the text of the event, if that goes on. */
  | { ok: true; preceding?: Preceding }
  /** The event could not be read, or what it goes on with was forgotten: nobody knows what goes on in it. */
  | { ok: false; decision: Decision };

export class ContinuedTexts {
  readonly #protocol: Exchange['protocol'];
  readonly #inspector: Parameters<typeof cannotInspect>[1];
  /** One of the texts was forgotten, and may be any that is not known. */
  #hasForgotten = false;
  readonly #ends = new LRUCache<string, string>({
    max: MAX_TEXTS,
    dispose: (_end, _of, why) => {
      this.#hasForgotten ||= why === 'evict';
    },
  });
  #last: Promise<unknown> = Promise.resolve();

  constructor(protocol: Exchange['protocol'], inspector: Parameters<typeof cannotInspect>[1]) {
    this.#protocol = protocol;
    this.#inspector = inspector;
  }

  /** To be called with each event, in their order; each is read when those before it are. */
  next(frame: Omit<FrameToRead, 'protocol'>): Promise<Continued> {
    if (!protocolNamed(this.#protocol).pieceIn) return Promise.resolve({ ok: true });
    const next = this.#last.then(() => this.#read(frame));
    this.#last = next.catch(() => undefined);
    return next;
  }

  async #read(frame: Omit<FrameToRead, 'protocol'>): Promise<Continued> {
    const read = await readPiece({ ...frame, protocol: this.#protocol });
    if (!read.ok) return read;
    const { piece } = read;
    if (!piece) return { ok: true };
    if (piece.continues && this.#hasForgotten && !this.#ends.has(piece.of)) {
      const decision = cannotInspect('response', this.#inspector, 'too_many_texts');
      if (isRefusal(decision)) return { ok: false, decision };
    }
    const before = piece.continues ? (this.#ends.get(piece.of) ?? '') : '';
    this.#ends.set(piece.of, endOf(before + piece.text));
    return before === '' ? { ok: true } : { ok: true, preceding: { text: before, path: piece.path } };
  }
}
