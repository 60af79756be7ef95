/**
 * A stand-in for an OpenTelemetry collector: takes traces over HTTP as JSON, which our exporter sends, and as Protocol Buffers,
 * which Kong's plugin sends.
 *
 * @see https://github.com/open-telemetry/opentelemetry-proto/blob/main/opentelemetry/proto/trace/v1/trace.proto
 */
import type { IncomingHttpHeaders } from 'node:http';
import { listenForHttp } from './http-listener.ts';

export interface CollectedSpan {
  name: string;
  service: string;
  traceId: string;
  spanId: string;
  /** Empty for the first of a trace. */
  parentSpanId: string;
  /** Only of spans that came as JSON. */
  attributes: Record<string, unknown>;
  /** Only of spans that came as JSON: 2 is an error. */
  status?: number;
}

export interface OtlpCollector {
  url: string;
  spans: CollectedSpan[];
  /** Of each request. */
  headers: IncomingHttpHeaders[];
  /** All that came, as text. */
  text(): string;
  stop(): Promise<void>;
}

export async function startOtlpCollector(): Promise<OtlpCollector> {
  const spans: CollectedSpan[] = [];
  const headers: IncomingHttpHeaders[] = [];
  const bodies: Buffer[] = [];
  const listener = await listenForHttp(0, async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    bodies.push(body);
    headers.push(request.headers);
    const isJson = request.headers['content-type']?.includes('json') ?? false;
    spans.push(...(isJson ? fromJson(JSON.parse(body.toString())) : fromProtobuf(body)));
    response.setHeader('content-type', 'application/json').end('{}');
  });
  return {
    ...{ url: listener.url, spans, headers },
    text: () => bodies.map((body) => body.toString('latin1')).join('\n'),
    stop: listener.stop,
  };
}

interface JsonTraces {
  resourceSpans: {
    resource: { attributes: JsonAttribute[] };
    scopeSpans: { spans: JsonSpan[] }[];
  }[];
}

interface JsonAttribute {
  key: string;
  value: { stringValue?: string; intValue?: number; arrayValue?: { values: { stringValue: string }[] } };
}

interface JsonSpan {
  name: string;
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  attributes: JsonAttribute[];
  status?: { code?: number };
}

function fromJson({ resourceSpans }: JsonTraces): CollectedSpan[] {
  return resourceSpans.flatMap(({ resource, scopeSpans }) => {
    const service = String(attributesOf(resource.attributes)['service.name']);
    return scopeSpans.flatMap(({ spans }) =>
      spans.map(({ name, traceId, spanId, parentSpanId = '', attributes, status }) => ({
        ...{ name, service, traceId, spanId, parentSpanId, attributes: attributesOf(attributes) },
        ...(status?.code === undefined ? {} : { status: status.code }),
      })),
    );
  });
}

function attributesOf(attributes: JsonAttribute[]): Record<string, unknown> {
  return Object.fromEntries(
    attributes.map(({ key, value: { stringValue, intValue, arrayValue } }) => [
      key,
      stringValue ?? intValue ?? arrayValue?.values.map((one) => one.stringValue),
    ]),
  );
}

/** resource_spans 1 → scope_spans 2 → spans 2 → trace_id 1, span_id 2, parent_span_id 4, name 5. */
function fromProtobuf(body: Buffer): CollectedSpan[] {
  const spans = fields(body, 1).flatMap((resource) =>
    fields(resource, 2).flatMap((scope) => fields(scope, 2)),
  );
  return spans.map((span) => {
    const hex = (number: number) => fields(span, number)[0]?.toString('hex') ?? '';
    const name = fields(span, 5)[0]?.toString() ?? '';
    return { name, service: 'kong', traceId: hex(1), spanId: hex(2), parentSpanId: hex(4), attributes: {} };
  });
}

/** @returns the length-delimited fields of a message that have this number */
function fields(message: Buffer, wanted: number): Buffer[] {
  const found: Buffer[] = [];
  let at = 0;
  const varint = () => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = message[at++] ?? 0;
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
  };
  while (at < message.length) {
    const tag = varint();
    const [number, type] = [Math.floor(tag / 8), tag % 8];
    if (type === 0) varint();
    else if (type === 1) at += 8;
    else if (type === 5) at += 4;
    else {
      const length = varint();
      if (number === wanted) found.push(message.subarray(at, at + length));
      at += length;
    }
  }
  return found;
}
