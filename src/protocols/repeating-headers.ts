/**
 * Headers of requests that repeat what the body says, in lower case.
 *
 * @see https://modelcontextprotocol.io/specification/2026-07-28/basic/transports
 */
export const REPEATING_HEADERS: readonly string[] = [
  ...['mcp-method', 'mcp-name', 'mcp-protocol-version'],
  'a2a-version',
];
