/**
 * The methods of all revisions, from 2024-11-05 to 2026-07-28.
 *
 * @see https://modelcontextprotocol.io/specification/2026-07-28/schema
 */
export const METHODS: readonly string[] = [
  ...['initialize', 'ping', 'server/discover', 'logging/setLevel', 'completion/complete'],
  ...['tools/list', 'tools/call', 'prompts/list', 'prompts/get'],
  ...['resources/list', 'resources/templates/list', 'resources/read'],
  ...['resources/subscribe', 'resources/unsubscribe', 'subscriptions/listen'],
  ...['sampling/createMessage', 'elicitation/create', 'roots/list'],
  ...['tasks/get', 'tasks/list', 'tasks/result', 'tasks/cancel', 'tasks/update'],
  ...['notifications/initialized', 'notifications/cancelled', 'notifications/progress'],
  ...['notifications/message', 'notifications/roots/list_changed', 'notifications/tools/list_changed'],
  ...['notifications/prompts/list_changed', 'notifications/resources/list_changed'],
  ...['notifications/resources/updated', 'notifications/elicitation/complete'],
  ...['notifications/subscriptions/acknowledged', 'notifications/tasks/status'],
];

const KNOWN = new Set(METHODS);

/** @returns how the record calls a message of a method: no record has a word that a caller chose */
export function nameOfMethod(method: string): string {
  return `mcp.${KNOWN.has(method) ? method.replaceAll('/', '-') : 'unknown'}`;
}
