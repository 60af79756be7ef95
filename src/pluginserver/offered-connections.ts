/**
 * Which connections have reached the serving process. Node.js tells the sender nothing of one that has not, because the
 * receiver had no descriptor left: Kong would wait a minute for an answer, and let the request pass.
 *
 * Each connection is offered under a number. Now and then the supervisor asks which have arrived. Messages keep
 * their order, so an offer that is missing then never comes, and nobody else can be reading from that connection.
 */
import type { ToServingProcess, ToSupervisor } from './supervision.ts';

type Question = Extract<ToServingProcess, { kind: 'ask' }>;
type Answer = Extract<ToSupervisor, { kind: 'arrived' }>;

/** The supervisor's side. */
export class OfferedConnections<Connection> {
  /** Of which it is not known whether they arrived. */
  readonly #offered = new Map<number, Connection>();
  #last = 0;
  #lastAsked = 0;

  /** @returns the number of the offer */
  offer(connection: Connection): number {
    this.#offered.set(++this.#last, connection);
    return this.#last;
  }

  /** How many offers nobody has asked about yet. */
  get unasked(): number {
    return this.#last - this.#lastAsked;
  }

  /** Whether an answer is outstanding. */
  get isWaiting(): boolean {
    return this.#offered.size > this.unasked;
  }

  /** About all offers that nobody has asked about yet. */
  question(): Question {
    const from = this.#lastAsked + 1;
    this.#lastAsked = this.#last;
    return { kind: 'ask', from, to: this.#last };
  }

  /** @returns the connections that have not arrived */
  answered({ to, missing }: Answer): Connection[] {
    const lost = missing.flatMap((offer) => this.#offered.get(offer) ?? []);
    for (const offer of this.#offered.keys()) if (offer <= to) this.#offered.delete(offer);
    return lost;
  }

  /** The process to which they were offered is gone. */
  clear(): void {
    this.#offered.clear();
    this.#lastAsked = this.#last;
  }
}

/** The serving process's side. */
export class ArrivedConnections {
  readonly #arrived = new Set<number>();

  add(offer: number): void {
    this.#arrived.add(offer);
  }

  /** Forgets the offers that were asked for. */
  answer({ from, to }: Question): Answer {
    const missing: number[] = [];
    for (let offer = from; offer <= to; offer++) if (!this.#arrived.delete(offer)) missing.push(offer);
    return { kind: 'arrived', to, missing };
  }
}
