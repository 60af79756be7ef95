/**
 * Headers of requests that say something of messages, in lower case: what their sender takes, and what repeats the body.
 *
 * @see https://modelcontextprotocol.io/specification/2026-07-28/basic/transports
 */
export const TELLING_HEADERS: readonly string[] = [
  'a2a-version',
  'accept',
  'mcp-method',
  'mcp-name',
  'mcp-protocol-version',
];
