/** Reserves memory for the bytes of one prompt or answer. */
import { FairBudget, type Reservation } from '../fair-share/fair-budget.ts';

/** Bytes of all prompts and answers in the relay, as received. */
export const relayedBytes = new FairBudget(134_217_728);

export class ByteReservation {
  readonly #caller: string;
  readonly #limit: number;
  readonly #onRevoked: () => void;
  #reservation: Reservation | undefined;
  #isRevoked = false;
  #bytes = 0;

  /**
   * @param limit bytes of one body
   * @param onRevoked called when another caller is given what this body has
   */
  constructor(caller: string, limit: number, onRevoked: () => void) {
    this.#caller = caller;
    this.#limit = limit;
    this.#onRevoked = onRevoked;
  }

  /** Whether this many more bytes are more than one body may have. */
  isTooLarge(bytes: number): boolean {
    return this.#bytes + bytes > this.#limit;
  }

  /** @returns why the bytes must not be kept */
  take(bytes: number): 'too_large' | 'overloaded' | undefined {
    if (this.isTooLarge(bytes)) return 'too_large';
    if (this.#isRevoked || !this.#reserve(bytes)) return 'overloaded';
    this.#bytes += bytes;
    return undefined;
  }

  release(): void {
    this.#reservation?.release();
    this.#reservation = undefined;
    this.#bytes = 0;
  }

  #reserve(bytes: number): boolean {
    if (this.#reservation) return this.#reservation.grow(bytes);
    this.#reservation = relayedBytes.reserve(this.#caller, bytes, () => {
      this.#isRevoked = true;
      this.#onRevoked();
    });
    return this.#reservation !== undefined;
  }
}
