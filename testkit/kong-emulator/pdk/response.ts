/** `kong.response` and `kong.service.response`: the answer to the client, and the one from upstream. */

import { fromWire, isLuaString, LuaError, type LuaValue, luaBytes } from '../lua/value.ts';
import type { Exchange } from '../proxy/exchange.ts';
import { error, exit, isTransferEncoding } from './exit.ts';
import {
  ANSWER,
  countArg,
  HEADERS,
  headerArg,
  headersArg,
  type PdkMethod,
  type PdkMethods,
  SERVICE_ANSWER,
  stringArg,
} from './method.ts';
import { multiMap } from './request.ts';

const set = (run: (exchange: Exchange, ...args: LuaValue[]) => void): PdkMethod => ({
  phases: HEADERS,
  run: (exchange, args) => {
    if (exchange.headersSent) throw new LuaError('headers have already been sent');
    run(exchange, ...args);
    return undefined;
  },
});

export const RESPONSE_METHODS: PdkMethods = {
  'kong.response.get_status': { phases: ANSWER, run: (x) => x.response.status },
  'kong.response.get_source': { phases: ANSWER, run: (x) => x.source },
  'kong.response.get_header': {
    phases: ANSWER,
    run: (x, [name]) => {
      const value = responseHeaders(x, 100).get(
        stringArg(name, 'header name').toLowerCase().replaceAll('_', '-'),
      )?.[0];
      return value === undefined ? undefined : fromWire(value);
    },
  },
  'kong.response.get_headers': {
    phases: ANSWER,
    run: (x, [max]) => multiMap(responseHeaders(x, countArg(max, 'max_headers'))),
  },
  'kong.response.set_status': set((x, status) => {
    if (typeof status !== 'number') throw new LuaError('code must be a number');
    if (status < 100 || status > 599) throw new LuaError('code must be a number between 100 and 599');
    x.response.status = status;
  }),
  'kong.response.set_header': set((x, name, value) => setHeader(x, headerArg(name, value))),
  'kong.response.add_header': set((x, name, value) => {
    const header = headerArg(name, value);
    for (const line of header.values) x.response.headers.add(header.name, line);
  }),
  'kong.response.clear_header': set((x, name) => x.response.headers.delete(stringArg(name, 'header name'))),
  'kong.response.set_headers': set((x, headers) => {
    for (const header of headersArg(headers)) setHeader(x, header);
  }),
  'kong.response.exit': {
    phases: HEADERS,
    run: (x, [status, body, headers]) => exit(x, status, body, headers),
  },
  'kong.response.error': {
    phases: HEADERS,
    run: (x, [status, message, headers]) => error(x, status, message, headers),
  },
};

/** For Lua alone: a plugin server has no body filter. */
export const BODY_FILTER_METHODS: PdkMethods = {
  'kong.response.get_raw_body': { phases: ['body_filter'], run: (x) => wholeBody(x) },
  'kong.response.set_raw_body': {
    phases: ['body_filter'],
    run: (x, [body]) => {
      if (!isLuaString(body)) throw new LuaError('body must be a string');
      x.chunk = { bytes: body.length === 0 ? Buffer.from('\n') : luaBytes(body), isLast: true };
      x.heldChunks = undefined;
      return undefined;
    },
  },
};

/** The body when its last chunk is there; until then the chunks are held back. */
function wholeBody(exchange: Exchange): LuaValue {
  const { bytes, isLast } = exchange.chunk;
  if (isLast && exchange.heldChunks === undefined) return bytes;
  exchange.heldChunks = [...(exchange.heldChunks ?? []), bytes];
  if (!isLast) {
    exchange.chunk = { bytes: Buffer.alloc(0), isLast };
    return undefined;
  }
  const whole = Buffer.concat(exchange.heldChunks);
  exchange.chunk = { bytes: whole, isLast };
  exchange.heldChunks = undefined;
  return whole;
}

export const SERVICE_RESPONSE_METHODS: PdkMethods = {
  'kong.service.response.get_status': {
    phases: SERVICE_ANSWER,
    run: serviceStatus,
  },
  'kong.service.response.get_header': {
    phases: SERVICE_ANSWER,
    run: (x, [name]) => {
      const value = serviceHeader(x, stringArg(name, 'name'));
      return value === undefined ? undefined : fromWire(value);
    },
  },
  // Kong returns a table that answers look-ups and shows nothing to who walks it, and the RPC walks it.
  'kong.service.response.get_headers': {
    phases: SERVICE_ANSWER,
    run: (x, [max]) => {
      const count = countArg(max, 'max_headers');
      return x.buffered === undefined ? multiMap(responseHeaders(x, count)) : {};
    },
  },
  'kong.service.response.get_raw_body': {
    phases: SERVICE_ANSWER,
    run: serviceBody,
  },
};

export function serviceStatus(exchange: Exchange): number | undefined {
  return exchange.buffered?.status ?? exchange.upstreamStatus;
}

export function serviceHeader(exchange: Exchange, name: string): string | undefined {
  return (exchange.buffered?.headers ?? exchange.response.headers).get(name);
}

/** What the upstream sent, or what a plugin put in its place in `ngx.ctx`: later readers cannot tell. */
export function serviceBody(exchange: Exchange): LuaValue {
  if (!exchange.buffering) throw new LuaError('service body is only available with buffered proxying');
  const body = exchange.ctx.get('buffered_body');
  return isLuaString(body) ? body : '';
}

/** The answer's headers, with the one that nginx adds. */
function responseHeaders(exchange: Exchange, max: number): Map<string, string[]> {
  const grouped = exchange.response.headers.grouped(max);
  grouped.set('connection', ['keep-alive']);
  return grouped;
}

function setHeader(exchange: Exchange, header: { name: string; values: string[] }): void {
  if (isTransferEncoding(header.name)) {
    exchange.worker.log.write('warn', 'manually setting Transfer-Encoding. Ignored.');
  } else {
    exchange.response.headers.set(header.name, header.values);
  }
}
