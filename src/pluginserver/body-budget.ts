/**
 * How many bytes of bodies the process holds at once.
 *
 * A body comes before it is known whose it is. Until then, which is not long, it counts as nobody's: there is some room for
 * such bodies even when callers hold all they may, so that a caller without any is not refused unseen. Where that is used
 * up too, a small body takes it from a large one.
 */
import { FairBudget, type Reservation, type Shortage } from '../fair-share/fair-budget.ts';

/** How much of the limit is added for bodies that are nobody's yet. */
const ARRIVING_SHARE = 1 / 4;

export class BodyBudget {
  /** Bytes that callers may hold. */
  readonly limit: number;
  readonly #ofCallers: FairBudget;
  readonly #arriving: FairBudget;

  constructor(limit: number) {
    this.limit = limit;
    this.#ofCallers = new FairBudget(limit);
    this.#arriving = new FairBudget(() => limit * (1 + ARRIVING_SHARE) - this.#ofCallers.held);
  }

  get held(): number {
    return this.#ofCallers.held + this.#arriving.held;
  }

  /** How often there was no room so far. */
  shortages(why: Shortage): number {
    const ofCallers = this.#ofCallers.shortages(why);
    if (why === 'share') return ofCallers;
    if (why === 'revoked') return ofCallers + this.#arriving.shortages('revoked');
    return ofCallers + this.#arriving.shortages('total') + this.#arriving.shortages('share');
  }

  /** @returns undefined when there is no room: the bytes must not be kept */
  arrive(bytes: number, onRevoked: () => void): Reservation | undefined {
    return this.#arriving.reserve({}, bytes, onRevoked);
  }

  /** @returns what takes the place of `arrived`, which is over; undefined when there is no room for this caller */
  charge(arrived: Reservation, caller: string, onRevoked: () => void): Reservation | undefined {
    const charged = this.#ofCallers.reserve(caller, arrived.amount, onRevoked);
    arrived.release();
    return charged;
  }
}
