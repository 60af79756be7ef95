/** Spans as OpenTelemetry has them, sent to a collector over OTLP and HTTP. Loaded only if there is one. */
import { ROOT_CONTEXT, type Span as SdkSpan, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { AlwaysOnSampler, ParentBasedSampler, TracerProvider } from '@opentelemetry/sdk-trace';
import packageJson from '../../../package.json' with { type: 'json' };
import { tunnellingAgent } from '../../network/tunnelling-agent.ts';
import { parseTraceparent, traceparentOf } from '../../tracing/trace-context.ts';
import { type Span, type Tracer, useTracer } from '../../tracing/tracer.ts';
import { SEND_LIMIT, type SpanCounts, SpanQueue } from './span-queue.ts';

export interface TracingOptions {
  /** Where the collector takes traces, with its path. */
  endpoint: string;
  /** Secrets, perhaps. */
  headers: Record<string, string>;
  serviceName: string;
}

export interface Tracing {
  counts: Readonly<SpanCounts>;
  /** Sends what waits. @param limit milliseconds, after which the rest is lost */
  stop(limit: number): Promise<void>;
}

/** Batches under way at once: one, and those that a collector holds beyond their time. */
const MAX_CONCURRENT = 2;

/** Characters of an attribute. Names of our own are shorter. */
const MAX_ATTRIBUTE = 1_024;

export function startTracing(options: TracingOptions, log: (message: string) => void): Tracing {
  const { endpoint: url, headers, serviceName } = options;
  const exporter = new OTLPTraceExporter({
    ...{ url, headers, timeoutMillis: SEND_LIMIT, concurrencyLimit: MAX_CONCURRENT },
    httpAgentOptions: (protocol) => tunnellingAgent(protocol, SEND_LIMIT),
  });
  const queue = new SpanQueue(exporter, log);
  const provider = new TracerProvider({
    resource: resourceFromAttributes({
      'service.name': serviceName,
      'service.version': packageJson.version,
    }),
    sampler: new ParentBasedSampler({ root: new AlwaysOnSampler() }),
    spanLimits: { attributeValueLengthLimit: MAX_ATTRIBUTE },
    spanProcessors: [queue],
  });
  useTracer(tracerOf(provider));
  log(`traces go to ${new URL(url).origin}`);
  return {
    counts: queue.counts,
    async stop(limit) {
      useTracer(undefined);
      const over = new Promise<void>((resolve) => void setTimeout(resolve, limit).unref());
      await Promise.race([queue.forceFlush(), over]);
    },
  };
}

function tracerOf(provider: TracerProvider): Tracer {
  const tracer = provider.getTracer(packageJson.name, packageJson.version);
  return {
    start({ name, kind, parent, began }) {
      const startTime = began === undefined ? {} : { startTime: began };
      const options = { kind: kind === 'client' ? SpanKind.CLIENT : SpanKind.INTERNAL, ...startTime };
      return spanOf(tracer.startSpan(name, options, contextOf(parent)));
    },
  };
}

function contextOf(parent: string | undefined) {
  const context = parseTraceparent(parent);
  if (!context) return ROOT_CONTEXT;
  const { traceId, spanId, isSampled } = context;
  return trace.setSpanContext(ROOT_CONTEXT, {
    ...{ traceId, spanId, traceFlags: isSampled ? SAMPLED : 0, isRemote: true },
  });
}

const SAMPLED = 1;

function spanOf(span: SdkSpan): Span {
  const { traceId, spanId, traceFlags } = span.spanContext();
  return {
    traceparent: traceparentOf({ traceId, spanId, isSampled: (traceFlags & SAMPLED) !== 0 }),
    end(attributes, failure) {
      span.setAttributes(attributes);
      if (failure !== undefined) span.setStatus({ code: SpanStatusCode.ERROR, message: failure });
      span.end();
    },
  };
}
