/**
 * Spans on their way to a collector. The SDK's own processor is not used, because it tells nobody how many spans it drops, and
 * keeps sending when the process is to end.
 *
 * Whatever the collector does, requests do not wait for it, and at most `MAX_WAITING` spans and one batch are in memory.
 */
import type { ReadableSpan, SpanExporter, SpanProcessor } from '@opentelemetry/sdk-trace';

const MAX_WAITING = 2_048;
const BATCH = 512;
/** Milliseconds that a span waits for others. */
const SEND_AFTER = 1_000;
/** Milliseconds that the collector has for a batch, retries included. */
export const SEND_LIMIT = 5_000;
/** Bit 0 of the flags. @see https://www.w3.org/TR/trace-context/#sampled-flag */
const SAMPLED = 1;

export interface SpanCounts {
  exported: number;
  /** The queue was full, or the collector did not take them. */
  dropped: number;
}

export class SpanQueue implements SpanProcessor {
  readonly counts: SpanCounts = { exported: 0, dropped: 0 };
  readonly #exporter: SpanExporter;
  readonly #log: (message: string) => void;
  #waiting: ReadableSpan[] = [];
  #timer: NodeJS.Timeout | undefined;
  #sending: Promise<void> | undefined;
  #isFailing = false;

  constructor(exporter: SpanExporter, log: (message: string) => void) {
    this.#exporter = exporter;
    this.#log = log;
  }

  onStart(): void {}

  onEnd(span: ReadableSpan): void {
    if ((span.spanContext().traceFlags & SAMPLED) === 0) return;
    if (this.#waiting.length >= MAX_WAITING) {
      this.counts.dropped += 1;
      return;
    }
    this.#waiting.push(span);
    if (this.#waiting.length >= BATCH) this.#send();
    else this.#timer ??= setTimeout(() => this.#send(), SEND_AFTER).unref();
  }

  /** Sends what waits, all of it. */
  async forceFlush(): Promise<void> {
    while (this.#sending || this.#waiting.length > 0) {
      this.#send();
      await this.#sending;
    }
  }

  async shutdown(): Promise<void> {
    clearTimeout(this.#timer);
    await this.#exporter.shutdown();
  }

  #send(): void {
    if (this.#sending) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const batch = this.#waiting.splice(0, BATCH);
    if (batch.length === 0) return;
    this.#sending = this.#export(batch).then((problem) => {
      this.#sending = undefined;
      this.#count(batch.length, problem);
      if (this.#waiting.length > 0) this.#timer ??= setTimeout(() => this.#send(), SEND_AFTER).unref();
    });
  }

  /** @returns why the collector did not take it; undefined when it did. Never rejects */
  #export(batch: ReadableSpan[]): Promise<string | undefined> {
    return new Promise((resolve) => {
      const late = setTimeout(() => resolve('no answer in time'), SEND_LIMIT + SEND_AFTER).unref();
      this.#exporter.export(batch, ({ code, error }) => {
        clearTimeout(late);
        resolve(code === 0 ? undefined : codeOf(error));
      });
    });
  }

  /** One line when it begins to fail, and one when that is over. */
  #count(spans: number, problem: string | undefined): void {
    if (problem === undefined) this.counts.exported += spans;
    else this.counts.dropped += spans;
    if (problem !== undefined && !this.#isFailing)
      this.#log(`traces: the collector does not take spans: ${problem}; traffic is not affected`);
    if (problem === undefined && this.#isFailing) this.#log('traces: the collector takes spans again');
    this.#isFailing = problem !== undefined;
  }
}

/** A message could quote what the collector answered. */
function codeOf(error: Error | undefined): string {
  if (error && 'code' in error && error.code !== undefined) return String(error.code);
  return 'no answer in time';
}
