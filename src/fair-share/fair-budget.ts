/**
 * An amount of something that all callers share, such as bytes of memory. Whoever comes first may have all of it. When
 * there is no room left, a caller that has less takes from those that have most: the latest reservation of the largest
 * caller is revoked, and the work that it was made for ends.
 *
 * So nothing is refused while there is room, and a reservation is granted whenever it leaves its caller with at most an
 * equal share: the limit divided by the callers that have something or ask for it (max-min fairness). Nothing is set
 * aside for callers that may never come, and nothing is remembered of a caller that has nothing.
 */

/** Why there was no room: the caller alone had all of it; others had some of it, too; or it was taken back. */
export const SHORTAGES = ['total', 'share', 'revoked'] as const;
export type Shortage = (typeof SHORTAGES)[number];

/** An object for somebody who has no name yet. */
export type CallerKey = string | object;

/** A part of a budget, until it is released or revoked. */
export class Reservation {
  /** Called once, when somebody else gets what this one had; it must not throw. */
  onRevoked: () => void;
  readonly #account: Account;
  readonly #ledger: Ledger;

  constructor(account: Account, ledger: Ledger, onRevoked: () => void) {
    this.#account = account;
    this.#ledger = ledger;
    this.onRevoked = onRevoked;
  }

  /** Zero when it was released or revoked. */
  get amount(): number {
    return this.#account.reservations.get(this) ?? 0;
  }

  /** @returns false when there is no room for that much more: the reservation stays as it is */
  grow(by: number): boolean {
    return this.#account.reservations.has(this) && this.#ledger.add(this.#account, this, by);
  }

  /** May be called again, and after it was revoked. */
  release(): void {
    this.#ledger.remove(this.#account, this);
  }
}

interface Account {
  readonly caller: CallerKey;
  held: number;
  /** The amount of each; the latest is the last. */
  readonly reservations: Map<Reservation, number>;
}

interface Ledger {
  add(account: Account, reservation: Reservation, amount: number): boolean;
  remove(account: Account, reservation: Reservation): void;
}

export class FairBudget {
  readonly #limit: number | (() => number);
  readonly #accounts = new Map<CallerKey, Account>();
  readonly #shortages: Record<Shortage, number> = { total: 0, share: 0, revoked: 0 };
  readonly #ledger: Ledger = {
    add: (account, reservation, amount) => this.#add(account, reservation, amount),
    remove: (account, reservation) => this.#remove(account, reservation),
  };
  #held = 0;

  /** @param limit a function where it depends on something else */
  constructor(limit: number | (() => number)) {
    this.#limit = limit;
  }

  get limit(): number {
    return typeof this.#limit === 'number' ? this.#limit : this.#limit();
  }

  get held(): number {
    return this.#held;
  }

  /** How many have something. */
  get callers(): number {
    return this.#accounts.size;
  }

  /** How often there was no room so far. */
  shortages(why: Shortage): number {
    return this.#shortages[why];
  }

  /** @returns undefined when there is no room, and nobody has more than the caller would have */
  reserve(caller: CallerKey, amount: number, onRevoked: () => void): Reservation | undefined {
    const account = this.#accounts.get(caller) ?? { caller, held: 0, reservations: new Map() };
    const reservation = new Reservation(account, this.#ledger, onRevoked);
    return this.#add(account, reservation, amount) ? reservation : undefined;
  }

  #add(account: Account, reservation: Reservation, amount: number): boolean {
    const missing = this.#held + amount - this.limit;
    const revocable = missing > 0 ? this.#revocable(account.held + amount, missing) : [];
    if (!revocable) {
      this.#shortages[this.#held === account.held ? 'total' : 'share'] += 1;
      return false;
    }
    for (const other of revocable) this.#remove(other.account, other.reservation);
    this.#shortages.revoked += revocable.length;
    this.#held += amount;
    account.held += amount;
    account.reservations.set(reservation, (account.reservations.get(reservation) ?? 0) + amount);
    this.#accounts.set(account.caller, account);
    for (const other of revocable) other.reservation.onRevoked();
    return true;
  }

  #remove(account: Account, reservation: Reservation): void {
    const amount = account.reservations.get(reservation);
    if (amount === undefined) return;
    account.reservations.delete(reservation);
    account.held -= amount;
    this.#held -= amount;
    if (account.reservations.size === 0) this.#accounts.delete(account.caller);
  }

  /**
   * What has to go so that a caller can come to `level`: the latest of the largest first, and only of those that have
   * more than that.
   *
   * @returns undefined when it would not be enough
   */
  #revocable(level: number, missing: number): Revocable[] | undefined {
    const larger = [...this.#accounts.values()]
      .filter(({ held }) => held > level)
      .map((account) => ({ account, held: account.held, reservations: [...account.reservations] }));
    if (larger.length === 0) return undefined;
    const revocable: Revocable[] = [];
    let surplus = -missing;
    while (surplus < 0) {
      const largest = larger.reduce((one, other) => (other.held > one.held ? other : one));
      const latest = largest.held > level ? largest.reservations.pop() : undefined;
      if (!latest) return undefined;
      const [reservation, amount] = latest;
      revocable.push({ account: largest.account, reservation, amount });
      largest.held -= amount;
      surplus += amount;
    }
    // After a large one at the end, smaller ones before it may stay.
    return revocable.filter(({ amount }) => {
      const stays = amount <= surplus;
      if (stays) surplus -= amount;
      return !stays;
    });
  }
}

interface Revocable {
  account: Account;
  reservation: Reservation;
  amount: number;
}
