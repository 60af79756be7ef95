/**
 * Mixed traffic through the embedded gateway and a real plugin server process, with faults switched on and off: first
 * some after which it is another process, then those that one process lives through, whose memory and descriptors count.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { startEmulator } from '../testkit/aidr-emulator/index.ts';
import type { RunningGateway } from '../testkit/harness/gateways/driver.ts';
import { embedded } from '../testkit/harness/gateways/embedded.ts';
import { configurationOf, type RouteVariant } from '../testkit/harness/stage.ts';
import { type Scene, type SoakFault, STRAINS, UPHEAVALS } from './faults.ts';
import { judge, type Outcome, type Reply } from './judge.ts';
import { type Measurement, Meter } from './measure.ts';
import { type Plan, planRequest, VARIANTS, type Variant } from './plan.ts';
import { SHAPES } from './shapes.ts';
import { PLAN_HEADER, startUpstream } from './upstream.ts';

export interface SoakOptions {
  seconds: number;
  /** Milliseconds for which a fault is on, and between two faults. */
  faultMs?: number;
  calmMs?: number;
  /** Milliseconds between two measurements. */
  intervalMs?: number;
  /** Of the loopback address, where every plugin server shows its metrics; default: any. */
  metricsPort?: number;
  onProgress?: (line: string) => void;
}

export interface Observation {
  seconds: number;
  measurements: Measurement[];
  /** How requests ended, by the second in which they did. */
  outcomes: { at: number; outcome: Outcome }[];
  /** What went wrong on purpose, and when. */
  faults: { at: number; name: string }[];
  violations: string[];
  /** Of the process that came through the second part, without traffic. */
  before: Rest;
  after: Rest;
  /** Seconds after which no process was killed. */
  steadyFrom: number;
}

/** What is open and under way; undefined where nobody could tell. */
interface Rest {
  descriptors: number | undefined;
  inFlight: number | undefined;
}

const KEY = 'pts_demo';
const SENDERS = 8;
/** Milliseconds that a sender waits between requests: the gateway, AIDR and the providers share one core. */
const PAUSE = 20;
/** Milliseconds of an inspection: less than what a slow AIDR takes. */
const TIMEOUT = 1_500;
/** The part of the test in which plugin servers die. */
const UPHEAVAL_SHARE = 0.2;
/** Milliseconds until connections that nobody uses are closed. */
const QUIET = 8_000;
const CONFIGURED: Record<Variant, Record<string, unknown>> = {
  enforce: {},
  live: { response_mode: 'live', window_chars: 400, window_overlap_chars: 40 },
  audit: { enforcing_strategy: 'audit' },
  lenient: { enforcing_strategy: 'enforce_but_ignore_on_error' },
};
/** Of eight requests in turn. Seven providers' formats take turns too, so each gets each. */
const TURNS = [
  ...(['live', 'enforce', 'audit', 'enforce'] as const),
  ...(['live', 'enforce', 'lenient', 'enforce'] as const),
];

/** Where and when something was wrong on purpose. */
interface Trouble {
  from: number;
  to: number;
  excuse: RegExp | undefined;
}

export async function soak(options: SoakOptions): Promise<Observation> {
  const { seconds, intervalMs = 5_000, metricsPort = 0, onProgress = () => undefined } = options;
  const plans = new Map<string, Plan>();
  const violations: string[] = [];
  const report = (plan: Plan | undefined, what: string) => {
    const { shape, kind, variant, isStream } = plan ?? {};
    violations.push(`${shape?.name} ${kind}, ${variant}${isStream ? ', streamed' : ''}: ${what}`);
  };
  const aidr = await startEmulator({ keys: [KEY] });
  const upstream = await startUpstream(plans, report);
  const configuration = await configurationOf(
    { routes: routesTo(upstream.url), pluginServer: 'aidr' },
    aidr.url,
    upstream.url,
  );
  const gateway = await embedded
    .start({
      ...{ configuration, env: { CS_AIDR_TOKEN: KEY }, pluginServer: 'aidr' },
      serverOptions: ['--metrics', `127.0.0.1:${metricsPort}`],
    })
    .catch(async (error: unknown) => {
      await Promise.all([aidr.stop(), upstream.stop()]);
      throw error;
    });
  const run = new Run({ aidr, gateway, upstream, configuration }, plans, report, onProgress);
  try {
    run.measureEvery(intervalMs);
    await run.warmUp();
    await run.under(UPHEAVALS, seconds * UPHEAVAL_SHARE, options);
    const before = await run.quiet(Math.min(QUIET, seconds * 100));
    const steadyFrom = run.elapsed;
    await run.under(STRAINS, seconds * (1 - UPHEAVAL_SHARE), options);
    const after = await run.quiet(Math.min(QUIET, seconds * 100));
    const { measurements, outcomes, faults } = run;
    return {
      seconds: run.elapsed,
      measurements,
      outcomes,
      faults,
      violations,
      before,
      after,
      steadyFrom,
    };
  } finally {
    run.stop();
    await gateway.stop();
    await Promise.all([aidr.stop(), upstream.stop()]);
  }
}

function routesTo(url: string): Record<string, RouteVariant> {
  const routes = SHAPES.flatMap(({ name, upstream }) =>
    VARIANTS.map((variant): [string, RouteVariant] => {
      const config = { upstream_llm: upstream, timeout: TIMEOUT, ...CONFIGURED[variant] };
      return [`${name}-${variant}`, { url, config }];
    }),
  );
  return Object.fromEntries(routes);
}

class Run {
  readonly measurements: Measurement[] = [];
  readonly outcomes: Observation['outcomes'] = [];
  readonly faults: Observation['faults'] = [];
  readonly #scene: Scene;
  readonly #plans: Map<string, Plan>;
  readonly #report: (plan: Plan, what: string) => void;
  readonly #onProgress: (line: string) => void;
  readonly #meter: Meter;
  readonly #began = performance.now();
  readonly #stopped = new AbortController();
  #troubles: Trouble[] = [];
  #sent = 0;

  constructor(
    scene: Scene,
    plans: Map<string, Plan>,
    report: (plan: Plan, what: string) => void,
    onProgress: (line: string) => void,
  ) {
    this.#scene = scene;
    this.#plans = plans;
    this.#report = report;
    this.#onProgress = onProgress;
    this.#meter = new Meter(scene.gateway);
  }

  get elapsed(): number {
    return (performance.now() - this.#began) / 1_000;
  }

  async measureEvery(intervalMs: number): Promise<void> {
    while (!this.#stopped.signal.aborted) {
      const measured = await this.#meter.measure();
      if (measured) this.measurements.push({ ...measured, at: this.elapsed });
      // What the emulator remembers of calls is no part of the test.
      this.#scene.aidr.calls.length = 0;
      this.#scene.aidr.findings.length = 0;
      await sleep(intervalMs, undefined, { signal: this.#stopped.signal }).catch(() => undefined);
    }
  }

  /** The first requests start instances. */
  async warmUp(): Promise<void> {
    for (const shape of SHAPES)
      for (const variant of ['enforce', 'live'] as const)
        await this.#send(planRequest(String(this.#sent++), shape, variant));
  }

  /** Traffic for so long, with one fault after the other. */
  async under(faults: readonly SoakFault[], seconds: number, options: SoakOptions): Promise<void> {
    const end = performance.now() + seconds * 1_000;
    const senders = Array.from({ length: SENDERS }, () => this.#sendUntil(end));
    const { faultMs = 4_000, calmMs = 8_000 } = options;
    for (let turn = 0; performance.now() + calmMs + faultMs < end; turn++) {
      await sleep(calmMs);
      const fault = faults[turn % faults.length];
      if (fault) await this.#endure(fault, faultMs);
    }
    await Promise.all(senders);
  }

  /** Without traffic, until connections are closed. */
  async quiet(milliseconds: number): Promise<Rest> {
    await sleep(milliseconds);
    const { descriptors, inFlight } = (await this.#meter.measure()) ?? {};
    return { descriptors, inFlight };
  }

  stop(): void {
    this.#stopped.abort();
  }

  async #endure(fault: SoakFault, milliseconds: number): Promise<void> {
    this.#onProgress(`${this.elapsed.toFixed(0)} s: ${fault.name}`);
    this.faults.push({ at: this.elapsed, name: fault.name });
    const trouble: Trouble = { from: performance.now(), to: Number.POSITIVE_INFINITY, excuse: fault.excuse };
    this.#troubles = [...this.#troubles.filter(({ to }) => to > performance.now() - 60_000), trouble];
    await fault.begin(this.#scene);
    await sleep(milliseconds);
    await fault.end?.(this.#scene);
    // A circuit rests for up to about as long as AIDR was down.
    trouble.to = performance.now() + fault.lasting + milliseconds;
  }

  async #sendUntil(end: number): Promise<void> {
    while (performance.now() < end) {
      const number = this.#sent++;
      const shape = SHAPES[number % SHAPES.length];
      const variant = TURNS[number % TURNS.length];
      if (shape && variant) await this.#send(planRequest(String(number), shape, variant));
      await sleep(PAUSE);
    }
  }

  async #send(plan: Plan): Promise<void> {
    this.#plans.set(plan.id, plan);
    const from = performance.now();
    const reply = await request(this.#scene.gateway, plan);
    const excuses = this.#troubles
      .filter((trouble) => trouble.from <= performance.now() && from <= trouble.to)
      .flatMap(({ excuse }) => (excuse ? [excuse] : []));
    const { outcome, what } = judge(plan, reply, excuses);
    this.outcomes.push({ at: this.elapsed, outcome });
    if (what !== undefined) this.#report(plan, what);
    this.#plans.delete(plan.id);
  }
}

/** What arrived of an answer counts, also where its connection breaks. */
async function request(gateway: RunningGateway, plan: Plan): Promise<Reply> {
  const { shape, variant, isStream, prompt, id } = plan;
  const url = `${gateway.url}/${shape.name}-${variant}${shape.path(isStream)}`;
  const headers = { 'content-type': 'application/json', [PLAN_HEADER]: id };
  const chunks: Uint8Array[] = [];
  try {
    const answer = await fetch(url, { method: 'POST', headers, body: prompt });
    try {
      for await (const chunk of answer.body ?? []) chunks.push(chunk);
      return { status: answer.status, body: Buffer.concat(chunks) };
    } catch {
      return { status: 0, body: Buffer.concat(chunks) };
    }
  } catch (error) {
    return { status: 0, body: Buffer.from(error instanceof Error ? `the connection: ${error.message}` : '') };
  }
}
