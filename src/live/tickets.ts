/**
 * One-time tickets: what the access phase knows of a request waits here until Kong brings the request itself.
 *
 * The relay listens on loopback, where anybody on the machine can connect. Only a request with a ticket is served, once,
 * and only by the process that gave it: each ticket begins with that process's name.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { FairBudget, type Reservation } from '../fair-share/fair-budget.ts';

/** Tickets that nobody has claimed yet. Whoever has most of them loses the latest when there is no room for another caller. */
const MAX_WAITING = 10_000;
/** Of those whose access phase is under way, which takes milliseconds. */
const MAX_UNFILLED = 2 * MAX_WAITING;
/** Milliseconds. Kong comes when it has read the request's body, for which a slow client may take its time. */
const VALID_FOR = 600_000;
/** Milliseconds in which nearly everybody comes. A request that takes longer is refused if its process has ended. */
const LIKELY_FOR = 30_000;

interface Waiting<Subject> {
  /** Undefined until the access phase knows all of it. */
  subject: Subject | undefined;
  until: number;
  place: Reservation | undefined;
}

export class Tickets<Subject> {
  /** What all tickets of this process begin with. */
  readonly process = randomBytes(9).toString('base64url');
  readonly #waiting = new Map<string, Waiting<Subject>>();
  readonly #places = new FairBudget(MAX_WAITING);

  /** Number of tickets with which somebody is likely to come: a process that is to end waits for them. */
  get waiting(): number {
    const now = Date.now();
    this.#forgetExpired(now);
    const since = now + VALID_FOR - LIKELY_FOR;
    return [...this.#waiting.values()].filter(({ until }) => until > since).length;
  }

  /** @returns the id of a ticket that is good for nothing until it is filled; undefined when too many are waiting */
  reserve(): string | undefined {
    const now = Date.now();
    this.#forgetExpired(now);
    if (this.#waiting.size >= MAX_UNFILLED) return undefined;
    const id = `${this.process}.${randomUUID()}`;
    this.#waiting.set(id, { subject: undefined, until: now + VALID_FOR, place: undefined });
    return id;
  }

  /**
   * @param caller whose request it is
   * @returns false for an id that is unknown, expired or used, and when too many are waiting
   */
  fill(id: string, subject: Subject, caller: string): boolean {
    const waiting = this.#waiting.get(id);
    if (!waiting || waiting.until <= Date.now()) return false;
    waiting.place ??= this.#places.reserve(caller, 1, () => this.forget(id));
    if (!waiting.place) {
      this.forget(id);
      return false;
    }
    waiting.subject = subject;
    return true;
  }

  /** @returns the ticket's id; undefined when too many are waiting */
  issue(subject: Subject, caller = ''): string | undefined {
    const id = this.reserve();
    return id !== undefined && this.fill(id, subject, caller) ? id : undefined;
  }

  /** @returns what waits for the request; the ticket stays good */
  peek(id: string): Subject | undefined {
    const waiting = this.#waiting.get(id);
    return waiting && waiting.until > Date.now() ? waiting.subject : undefined;
  }

  /** @returns undefined for an id that is unknown, expired or used, or whose access phase has not ended */
  claim(id: string): Subject | undefined {
    const subject = this.peek(id);
    this.forget(id);
    return subject;
  }

  forget(id: string): void {
    this.#waiting.get(id)?.place?.release();
    this.#waiting.delete(id);
  }

  /** The oldest come first. */
  #forgetExpired(now: number): void {
    for (const [id, { until }] of this.#waiting) {
      if (until > now) return;
      this.forget(id);
    }
  }
}
