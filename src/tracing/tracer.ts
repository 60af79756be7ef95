/** Spans, if somebody wants them. Without a tracer each look for one costs nothing. */

export type SpanAttributes = Readonly<Record<string, string | number | boolean | string[] | undefined>>;

export interface Span {
  /** `traceparent` for the span's children. */
  readonly traceparent: string;
  /**
   * To be called once.
   *
   * @param attributes names and numbers, never content
   * @param failure its class, if the span's work failed
   */
  end(attributes: SpanAttributes, failure?: string): void;
}

export interface StartedSpan {
  name: string;
  /** `client` for calls to another service. */
  kind: 'internal' | 'client';
  /** `traceparent` of the parent; undefined begins a trace. */
  parent: string | undefined;
  /** `performance.now()` when it began; default: now. */
  began?: number;
}

export interface Tracer {
  start(span: StartedSpan): Span;
}

let inUse: Tracer | undefined;

export function useTracer(tracer: Tracer | undefined): void {
  inUse = tracer;
}

/** @returns undefined where nobody wants spans */
export function startSpan(span: StartedSpan): Span | undefined {
  return inUse?.start(span);
}
