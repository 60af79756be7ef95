/**
 * A circuit breaker for each base URL and key: while AIDR is down, nobody waits to find that out.
 *
 * Only what AIDR's side is to blame for counts: connection errors and 5xx. One tenant's rate limit or short timeout
 * closes nobody else's way.
 */
import {
  BrokenCircuitError,
  type CircuitBreakerPolicy,
  CircuitState,
  ConsecutiveBreaker,
  circuitBreaker,
  ExponentialBackoff,
  halfJitterGenerator,
  handleWhenResult,
} from 'cockatiel';
import { LRUCache } from 'lru-cache';
import { failed, type Sent } from './transport.ts';
import { isDeliveredBlock } from './verdict.ts';

/** Outages in a row that open the circuit. */
const THRESHOLD = 5;
/** Milliseconds until the first probe, and at most between two; a random half of them less. */
const FIRST_PROBE_AFTER = 1_000;
const PROBE_AT_LEAST_EVERY = 30_000;
/** Keys change when they rotate, so circuits come and go. */
const MAX_CIRCUITS = 1_000;

/** Milliseconds without a call, after which a circuit is forgotten: one of a key that is gone would stay open for ever. */
const IDLE_LIMIT = 600_000;

const circuits = new LRUCache<string, Circuit>({ max: MAX_CIRCUITS, ttl: IDLE_LIMIT, updateAgeOnGet: true });

/** @param keyId tells keys apart without being one */
export function circuitOf(baseUrl: string, keyId: string): Circuit {
  const name = `${keyId} ${baseUrl}`;
  let circuit = circuits.get(name);
  if (!circuit) {
    circuit = new Circuit();
    circuits.set(name, circuit);
  }
  return circuit;
}

/** How many of them let nothing through now. */
export function openCircuits(): number {
  return [...circuits.values()].filter((circuit) => !circuit.isClosed).length;
}

const OPEN = failed('circuit_open', 'AIDR was down a moment ago, and is not asked now');

class Circuit {
  readonly #breaker: CircuitBreakerPolicy = circuitBreaker(
    handleWhenResult((result) => healthOf(result as Sent) !== 'up'),
    {
      breaker: new ConsecutiveBreaker(THRESHOLD),
      halfOpenAfter: new ExponentialBackoff({
        generator: halfJitterGenerator,
        initialDelay: FIRST_PROBE_AFTER,
        maxDelay: PROBE_AT_LEAST_EVERY,
      }),
    },
  );

  get isClosed(): boolean {
    return this.#breaker.state === CircuitState.Closed;
  }

  /** @returns `circuit_open` at once while the circuit is open, and for everyone but the one who probes */
  async run(task: () => Promise<Sent>): Promise<Sent> {
    if (this.#breaker.state === CircuitState.HalfOpen) return OPEN;
    try {
      return await this.#breaker.execute(async () => {
        const isProbe = this.#breaker.state === CircuitState.HalfOpen;
        const sent = await task();
        // A probe without an answer is no sign of recovery; at other times it says nothing, not even "up".
        if (healthOf(sent) === 'unknown' && !isProbe) throw new SaysNothing(sent);
        return sent;
      });
    } catch (error) {
      if (error instanceof SaysNothing) return error.sent;
      if (error instanceof BrokenCircuitError) return OPEN;
      throw error;
    }
  }
}

/** Goes past the breaker, which would count any result that it sees. */
class SaysNothing extends Error {
  readonly sent: Sent;

  constructor(sent: Sent) {
    super();
    this.sent = sent;
  }
}

function healthOf(sent: Sent): 'up' | 'down' | 'unknown' {
  // A block that came with an error status is a verdict all the same: whoever provokes them must not open the circuit.
  if (sent.ok) return sent.reply.status >= 500 && !isDeliveredBlock(sent.reply.body) ? 'down' : 'up';
  if (sent.failure.class === 'unreachable') return 'down';
  return sent.failure.class === 'timeout' || sent.failure.class === 'overloaded' ? 'unknown' : 'up';
}
