/** Which headers are passed on: those of the message, not those of the connection. */
import { INTERNAL_TICKET_HEADER } from '../inspection/request-head.ts';
import { PROOF_HEADER, TICKET_HEADER } from '../kong/send-to-relay.ts';

/** Names and values alternating, as they came. */
export type RawHeaders = readonly string[];

/** The answer header in which the guard gets how inspections ended; nobody else sees it. */
export const RECORD_HEADER = 'x-aidr-relay-record';

/** @see https://www.rfc-editor.org/rfc/rfc9110#section-7.6.1 */
const HOP_BY_HOP = [
  ...['connection', 'keep-alive', 'proxy-connection', 'proxy-authenticate', 'proxy-authorization'],
  ...['te', 'trailer', 'transfer-encoding', 'upgrade'],
];
/** Nobody behind the relay sees them, and nobody before it is believed. */
const OURS = [TICKET_HEADER, INTERNAL_TICKET_HEADER, PROOF_HEADER, RECORD_HEADER];
/**
 * With these a provider would tell nginx in Kong to ask again, as `GET`, or to send a byte a second. Not `X-Accel-Buffering`,
 * which lets streams flow.
 *
 * @see https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_ignore_headers
 */
const COMMANDS = ['redirect', 'limit-rate', 'expires', 'charset'].map((name) => `x-accel-${name}`);
const NOT_PASSED_ON: ReadonlySet<string> = new Set([...HOP_BY_HOP, ...OURS, ...COMMANDS]);

/** @param without further names, in lower case */
export function endToEnd(headers: RawHeaders, without: readonly string[] = []): string[] {
  const further = new Set([...without, ...listedIn(headers)]);
  const kept: string[] = [];
  for (let at = 0; at + 1 < headers.length; at += 2) {
    const [name, value] = [headers[at] ?? '', headers[at + 1] ?? ''];
    const inLowerCase = name.toLowerCase();
    if (!NOT_PASSED_ON.has(inLowerCase) && !further.has(inLowerCase)) kept.push(name, value);
  }
  return kept;
}

/** @returns the values of a header, joined as HTTP defines; undefined without one */
export function headerOf(headers: RawHeaders, wanted: string): string | undefined {
  const values: string[] = [];
  for (let at = 0; at + 1 < headers.length; at += 2) {
    if (headers[at]?.toLowerCase() === wanted) values.push(headers[at + 1] ?? '');
  }
  return values.length > 0 ? values.join(', ') : undefined;
}

/** `Connection` names further headers of the connection. */
function listedIn(headers: RawHeaders): string[] {
  return (headerOf(headers, 'connection') ?? '').split(',').map((name) => name.trim().toLowerCase());
}

/** Whether the body has a content coding: between coded bytes no comment can stand. */
export function isCoded(headers: RawHeaders): boolean {
  const coding = headerOf(headers, 'content-encoding') ?? 'identity';
  return coding.trim().toLowerCase() !== 'identity';
}

/** Looks them up by their names in lower case. */
export function lookup(headers: RawHeaders): {
  get(name: string): string | undefined;
  names: readonly string[];
  count: number;
} {
  return {
    get: (name) => headerOf(headers, name),
    get names() {
      return [...new Set(headers.filter((_, at) => at % 2 === 0).map((name) => name.toLowerCase()))];
    },
    count: headers.length / 2,
  };
}
