/**
 * Whether a header of a request says something of messages: what their sender takes, or what repeats the body.
 *
 * @param name in lower case
 * @see https://modelcontextprotocol.io/specification/2026-07-28/basic/transports
 */
export function isTellingHeader(name: string): boolean {
  return name === 'accept' || name === 'a2a-version' || name.startsWith('mcp-');
}
