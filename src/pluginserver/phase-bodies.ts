/** The bodies that one phase was given. */
import type { Reservation } from '../fair-share/fair-budget.ts';
import { revoke } from '../fair-share/revocation.ts';
import type { BodyReservation } from '../kong/body-reservation.ts';
import type { BodyBudget } from './body-budget.ts';

export class PhaseBodies implements BodyReservation {
  readonly #budget: BodyBudget;
  readonly #onLost: () => void;
  #arrived: Reservation[] = [];
  #charged: Reservation[] = [];
  #caller: string | undefined;
  #revocation: AbortController | undefined;

  /** @param onLost called when another caller is given what this phase holds, and the plugin does not listen */
  constructor(budget: BodyBudget, onLost: () => void) {
    this.#budget = budget;
    this.#onLost = onLost;
  }

  get signal(): AbortSignal | undefined {
    if (this.#arrived.length + this.#charged.length === 0) return undefined;
    this.#revocation ??= new AbortController();
    return this.#revocation.signal;
  }

  /** @returns false when there is no room for it */
  take(body: Reservation): boolean {
    body.onRevoked = () => this.#lose();
    this.#arrived.push(body);
    return this.#caller === undefined || this.chargeTo(this.#caller);
  }

  chargeTo(caller: string): boolean {
    this.#caller = caller;
    const arrived = this.#arrived;
    this.#arrived = [];
    const charged = arrived.map((body) => this.#budget.charge(body, caller, () => this.#lose()));
    this.#charged.push(...charged.filter((body) => body !== undefined));
    return !charged.includes(undefined);
  }

  release(): void {
    for (const body of [...this.#arrived, ...this.#charged]) body.release();
    this.#arrived = [];
    this.#charged = [];
  }

  #lose(): void {
    if (this.#revocation) revoke(this.#revocation);
    else this.#onLost();
  }
}
