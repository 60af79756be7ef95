/**
 * What Kong's log plugins write, one JSON value a line. Bodies are in it only where somebody configured that: with
 * `custom_fields_by_lua`, or with ai-proxy's `log_payloads`.
 *
 * @see https://developer.konghq.com/plugins/file-log/
 */
import * as z from 'zod';
import { linesOf } from './chunks.ts';
import { type Exchange, MAX_ITEM, type ReplayItem } from './exchange.ts';
import { jsonIn } from './json-in.ts';

const table = z.record(z.string(), z.unknown());
/** An empty table of Lua is a list. */
const headers = z.union([table, z.array(z.unknown()).transform(() => ({}))]).default({});
const name = z.looseObject({ name: z.string().nullish(), host: z.string().nullish() }).nullish();

const line = z.looseObject({
  started_at: z.number().optional(),
  client_ip: z.string().optional(),
  request: z.looseObject({
    method: z.string().optional(),
    uri: z.string().optional(),
    headers,
    body: z.unknown().optional(),
  }),
  response: z
    .looseObject({ status: z.number().optional(), headers, body: z.unknown().optional() })
    .optional(),
  request_body: z.unknown().optional(),
  response_body: z.unknown().optional(),
  route: name,
  service: name,
  consumer: z.looseObject({ username: z.string().nullish(), custom_id: z.string().nullish() }).nullish(),
  ai: table.optional(),
  crowdstrike_aidr: z.looseObject({ request: table.optional(), response: table.optional() }).optional(),
});

type Line = z.infer<typeof line>;

export async function* readFileLog(input: AsyncIterable<Buffer>): AsyncGenerator<ReplayItem> {
  let count = 0;
  for await (const bytes of linesOf(input, MAX_ITEM)) {
    const position = `line ${++count}`;
    if (!bytes) yield { kind: 'broken', position, why: 'too_large' };
    else if (bytes.toString('latin1').trim() !== '') yield itemOf(bytes, position);
  }
}

function itemOf(bytes: Buffer, position: string): ReplayItem {
  const value = jsonIn(bytes);
  if (value === undefined) return { kind: 'broken', position, why: 'not_json' };
  const read = line.safeParse(value);
  if (!read.success) return { kind: 'broken', position, why: 'not_an_exchange' };
  return { kind: 'exchange', exchange: exchangeOf(read.data, position) };
}

function exchangeOf(read: Line, position: string): Exchange {
  const { started_at: at, request, response, service, route, consumer } = read;
  const [path = '/'] = (request.uri ?? '/').split('?');
  const { crowdstrike_aidr: recorded } = read;
  return {
    position,
    ...{ at, method: request.method ?? 'POST', host: service?.host ?? '', path },
    headers: headerMap(request.headers),
    body: bodyOf(request.body ?? read.request_body ?? payloadIn(read.ai, 'request')),
    answer: response && {
      status: response.status ?? 0,
      headers: headerMap(response.headers),
      body: bodyOf(response.body ?? read.response_body ?? payloadIn(read.ai, 'response')),
    },
    kong: {
      ...{ route: route?.name ?? undefined, service: service?.name ?? undefined, ip: read.client_ip },
      ...{ username: consumer?.username ?? undefined, customId: consumer?.custom_id ?? undefined },
      ...(recorded ? { recorded: directionsOf(recorded) } : {}),
    },
  };
}

function directionsOf({ request, response }: NonNullable<Line['crowdstrike_aidr']>) {
  return { ...(request ? { request } : {}), ...(response ? { response } : {}) };
}

/** A text as it went over the wire, or a table of what it said. */
function bodyOf(value: unknown): Uint8Array | undefined {
  if (value === undefined || value === null) return undefined;
  return Buffer.from(typeof value === 'string' ? value : JSON.stringify(value), 'utf8');
}

/** ai-proxy keeps payloads under its own name, and under those of its siblings. */
function payloadIn(ai: Line['ai'], direction: 'request' | 'response'): unknown {
  for (const plugin of Object.values(ai ?? {})) {
    const payload = table.safeParse(table.safeParse(plugin).data?.payload).data;
    if (payload?.[direction] !== undefined) return payload[direction];
  }
  return undefined;
}

/** A header that came several times is a list. */
function headerMap(all: Record<string, unknown>): Map<string, string> {
  return new Map(
    Object.entries(all).map(([key, value]) => [
      key.toLowerCase(),
      Array.isArray(value) ? value.join(', ') : String(value),
    ]),
  );
}
