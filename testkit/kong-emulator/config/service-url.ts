/** The `url` shorthand of a service. */

import type { Table } from './schema.ts';

const URL_PARTS =
  /^(?:([a-z][a-z\d+.-]*):)?(?:\/\/(?:[^@/?#]*@)?(\[[^\]]*\]|[^:/?#]*)(?::(\d+))?)?(\/[^?#]*)?/i;

/** The fields of a service with its `url` taken apart; what the URL says wins over the separate fields. */
export function expandUrl(service: Table): Table {
  const { url, ...rest } = service;
  if (typeof url !== 'string') return { ...service };
  const [, scheme, host, digits, path] = URL_PARTS.exec(url) ?? [];
  const port = digits === undefined ? undefined : Number(digits);
  const protocol = scheme?.toLowerCase() ?? (port === 443 ? 'https' : 'http');
  return {
    ...rest,
    protocol,
    host: host === undefined || host === '' ? null : host,
    port: port ?? (protocol === 'https' ? 443 : 80),
    path: path ?? null,
  };
}
