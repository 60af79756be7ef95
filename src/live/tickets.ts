/**
 * One-time tickets: what the access phase knows of a request waits here until Kong brings the request itself.
 *
 * The relay listens on loopback, where anybody on the machine can connect. Only a request with a ticket is served, once.
 */
import { randomBytes } from 'node:crypto';

/** Tickets that nobody has claimed yet. */
const MAX_WAITING = 10_000;
/** Milliseconds; Kong comes at once, or when it has read the request's body. */
const VALID_FOR = 60_000;
const BYTES = 32;

interface Waiting<Subject> {
  subject: Subject;
  until: number;
}

export class Tickets<Subject> {
  readonly #waiting = new Map<string, Waiting<Subject>>();

  /** Number of tickets that are still valid. */
  get waiting(): number {
    this.#forgetExpired(Date.now());
    return this.#waiting.size;
  }

  /** @returns the ticket's id; undefined when too many are waiting */
  issue(subject: Subject): string | undefined {
    const now = Date.now();
    this.#forgetExpired(now);
    if (this.#waiting.size >= MAX_WAITING) return undefined;
    const id = randomBytes(BYTES).toString('base64url');
    this.#waiting.set(id, { subject, until: now + VALID_FOR });
    return id;
  }

  /** @returns undefined for an id that is unknown, expired or used */
  claim(id: string): Subject | undefined {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    return waiting && waiting.until > Date.now() ? waiting.subject : undefined;
  }

  /** The oldest come first. */
  #forgetExpired(now: number): void {
    for (const [id, { until }] of this.#waiting) {
      if (until > now) return;
      this.#waiting.delete(id);
    }
  }
}
