/**
 * What AIDR may be told of a request beside its texts, by fields that need not be there. Newer ones are unknown to older
 * servers, and some may come from a client's headers: this is the closed list of both.
 */

export const AGENT_TYPES = ['code-assistant', 'chatbot', 'subagent'] as const;

/** AIDR's own limits, in characters. */
export const MAX_SESSION_ID = 256;
export const MAX_HOSTNAME = 253;
/** Ours, for fields to which AIDR sets none: a longer value is no name, but content smuggled into metadata. */
const MAX_NAME = 256;

/** Fields that `metadata_from_headers` may name, and how many characters of a header's value are sent. */
export const HEADER_FIELD_LIMITS = {
  session_id: MAX_SESSION_ID,
  conversation_id: MAX_SESSION_ID,
  span_id: MAX_NAME,
  hostname: MAX_HOSTNAME,
  agent_type: MAX_NAME,
  is_agent: MAX_NAME,
  user_name: MAX_NAME,
  user_group: MAX_NAME,
} as const;

export type HeaderField = keyof typeof HEADER_FIELD_LIMITS;

export const HEADER_FIELDS = Object.keys(HEADER_FIELD_LIMITS) as HeaderField[];

/** Headers that hold secrets: AIDR is never sent their values, whatever the configuration says. */
export const SECRET_HEADERS: ReadonlySet<string> = new Set([
  ...['authorization', 'proxy-authorization', 'cookie', 'apikey', 'api-key', 'x-api-key'],
  ...['x-goog-api-key', 'x-amz-security-token'],
]);

/** @returns at most so many UTF-16 code units, without half a character at the end */
export function cutTo(text: string, max: number): string {
  if (text.length <= max) return text;
  const cut = text.slice(0, max);
  return /[\ud800-\udbff]$/.test(cut) ? cut.slice(0, -1) : cut;
}
