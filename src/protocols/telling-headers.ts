/**
 * Whether a header of a request says something of messages: what their sender takes, or what repeats the body. Behind CGI's
 * names a server cannot tell underscores from dashes.
 *
 * @param name in lower case
 * @see https://modelcontextprotocol.io/specification/2026-07-28/basic/transports
 */
export function isTellingHeader(name: string): boolean {
  return name === 'accept' || name === 'a2a-version' || /^mcp[-_]/.test(name);
}
