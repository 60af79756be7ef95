/**
 * Whether AIDR answers at all, asked with a text that nobody can have anything against. A caller may know a text on
 * which AIDR fails: without this question it could pass for an outage.
 */

import { failed } from './failure.ts';
import type { GuardRequest } from './request.ts';
import type { Inspected } from './verdict.ts';

/** Operators see it in AIDR's console, so docs/operations.md has it word for word. */
export const HEALTH_PROBE_REQUEST: GuardRequest = {
  event_type: 'input',
  app_id: 'crowdstrike-aidr-kong',
  extra_info: { app_name: 'crowdstrike-aidr-kong health probe' },
  guard_input: { messages: [{ role: 'user', content: 'Good morning. How are you today?' }] },
};

/** Milliseconds in which a few words are answered, unless AIDR is in trouble. */
export const HEALTH_PROBE_LIMIT = 3_000;
/** Milliseconds for which an answer is remembered, so that a sick AIDR is not asked more often than that. */
const MEMORY = 1_000;

/** One for each AIDR and key. */
export class HealthProbe {
  #answer: Promise<Inspected> | undefined;
  #forgetAt = 0;

  /** Whether it is under way, or was answered a moment ago. */
  get isRemembered(): boolean {
    return performance.now() < this.#forgetAt;
  }

  /**
   * Asks, unless somebody else just did.
   *
   * @returns never rejects: nobody may be waiting for it
   */
  ask(send: () => Promise<Inspected>): Promise<Inspected> {
    if (this.#answer && this.isRemembered) return this.#answer;
    this.#forgetAt = Number.POSITIVE_INFINITY;
    this.#answer = send()
      .catch(() => NOT_ASKED)
      .finally(() => {
        this.#forgetAt = performance.now() + MEMORY;
      });
    return this.#answer;
  }
}

const NOT_ASKED = failed('internal', 'the health probe could not be asked');
