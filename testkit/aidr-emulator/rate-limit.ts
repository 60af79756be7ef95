/** Rate limits: a bucket of tokens for each key, as API gateways do it. AIDR documents none of its own. */
import { z } from 'zod';
import { failure, type Reply } from './envelope.ts';

export const RateLimit = z.strictObject({
  /** Tokens that come back in a second. */
  perSecond: z.number().positive(),
  /** Tokens that a bucket holds. */
  burst: z.int().positive(),
  /** The envelope of the 429: `gateway` (default) or `pangea`. */
  form: z.enum(['gateway', 'pangea']).optional(),
});

/** How many calls a key may make. */
export type RateLimit = z.infer<typeof RateLimit>;

interface Bucket {
  tokens: number;
  /** When `tokens` was right, in milliseconds. */
  at: number;
}

export class RateLimiter {
  #limit: RateLimit | undefined;
  readonly #buckets = new Map<string, Bucket>();
  readonly #now: () => number;

  /** @param now a clock in milliseconds */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** From now on this limit, with full buckets; undefined: none. Throws if it is no limit. */
  set(limit: RateLimit | undefined): void {
    this.#limit = RateLimit.optional().parse(limit);
    this.#buckets.clear();
  }

  /** Counts a call: undefined if it may pass, else the 429 with the seconds until the next one may. */
  take(key: string): Reply | undefined {
    if (!this.#limit) return undefined;
    const { perSecond, burst, form } = this.#limit;
    const at = this.#now();
    const last = this.#buckets.get(key) ?? { tokens: burst, at };
    const tokens = Math.min(burst, last.tokens + ((at - last.at) * perSecond) / 1000);
    const passes = tokens >= 1;
    this.#buckets.set(key, { tokens: passes ? tokens - 1 : tokens, at });
    if (passes) return undefined;
    return failure(429, form, { 'retry-after': String(Math.ceil((1 - tokens) / perSecond)) });
  }
}
