/**
 * A circuit breaker for each AIDR and key: while AIDR is down, nobody waits to find that out.
 *
 * Only what AIDR's side is to blame for counts: connection errors and 5xx, a call once, and only where the probe
 * question fares no better. One tenant's rate limit, short timeout or odd prompt closes nobody else's way.
 */
import { ExponentialBackoff, halfJitterGenerator } from 'cockatiel';
import { LRUCache } from 'lru-cache';
import { within } from './deadline.ts';
import type { AidrEndpoint } from './endpoint.ts';
import type { Failure, FailureClass } from './failure.ts';
import { HealthProbe } from './health-probe.ts';
import type { Inspected } from './verdict.ts';

/** Outages in a row that open the circuit. */
const THRESHOLD = 5;
/** Milliseconds until the first probe, and at most between two; a random half of them less. */
const FIRST_PROBE_AFTER = 1_000;
const PROBE_AT_LEAST_EVERY = 30_000;
/** Keys change when they rotate, so circuits come and go. */
const MAX_CIRCUITS = 1_000;

/** Milliseconds without a call, after which a circuit is forgotten: one of a key that is gone would stay open for ever. */
const IDLE_LIMIT = 600_000;

const RESTS = new ExponentialBackoff({
  generator: halfJitterGenerator,
  initialDelay: FIRST_PROBE_AFTER,
  maxDelay: PROBE_AT_LEAST_EVERY,
});

const circuits = new LRUCache<string, Circuit>({ max: MAX_CIRCUITS, ttl: IDLE_LIMIT, updateAgeOnGet: true });

/** @param keyId tells keys apart without being one */
export function circuitOf({ baseUrl, verifyTls, identity }: AidrEndpoint, keyId: string): Circuit {
  const name = `${keyId} ${verifyTls} ${identity?.id ?? ''} ${baseUrl}`;
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

class Circuit {
  /** Also the probe: with a caller's prompt in its place, that prompt would decide for everybody. */
  readonly probe = new HealthProbe();
  #outages = 0;
  /** Undefined while the circuit is closed. */
  #rest: ReturnType<typeof RESTS.next> | undefined;
  #probeAt = 0;

  get isClosed(): boolean {
    return this.#rest === undefined;
  }

  /**
   * @param ask sends the health probe
   * @param limit milliseconds that a probe may take of the caller's time
   * @returns false at once while the circuit is open; whoever comes when a probe is due waits for it
   */
  async admits(ask: () => Promise<Inspected>, limit: number): Promise<boolean> {
    if (this.isClosed) return true;
    if (performance.now() < this.#probeAt || this.probe.isRemembered) return false;
    await within(limit, this.#probe(ask));
    return this.isClosed;
  }

  /** What a call says of AIDR, or the health probe in its place. */
  count(failure: Failure | undefined): void {
    // What began before the circuit opened and ends late tells nothing new.
    if (!this.isClosed) return;
    const health = healthOf(failure);
    if (health === 'up') this.#outages = 0;
    if (health === 'down') this.#outages += 1;
    if (this.#outages >= THRESHOLD) this.#open();
  }

  async #probe(ask: () => Promise<Inspected>): Promise<void> {
    const answer = await ask();
    if (healthOf(answer.ok ? undefined : answer.failure) === 'up') this.#rest = undefined;
    else this.#open();
  }

  #open(): void {
    this.#outages = 0;
    this.#rest = this.#rest ? this.#rest.next(undefined) : RESTS.next();
    this.#probeAt = performance.now() + this.#rest.duration;
  }
}

/** Of these AIDR need not even have heard. */
const SAYS_NOTHING: ReadonlySet<FailureClass> = new Set([
  'timeout',
  'overloaded',
  'circuit_open',
  'internal',
]);

function healthOf(failure: Failure | undefined): 'up' | 'down' | 'unknown' {
  if (!failure) return 'up';
  if (isOutage(failure)) return 'down';
  return SAYS_NOTHING.has(failure.class) ? 'unknown' : 'up';
}

/** Whether AIDR is down, if it is to blame. */
export function isOutage({ class: failureClass }: Failure): boolean {
  return failureClass === 'unreachable' || failureClass === 'server_error';
}
