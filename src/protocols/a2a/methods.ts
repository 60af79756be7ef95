/**
 * What clients ask of agents: methods of JSON-RPC, in 1.0 and in 0.3, and the paths of HTTP+JSON. The record has one name for
 * all spellings of a method.
 *
 * @see https://a2a-protocol.org/v1.0.0/specification/
 * @see https://a2a-protocol.org/v0.3.0/specification/
 */
import type { RequestHead } from '../protocol.ts';

interface Method {
  name: string;
  /** In 1.0. */
  method: string;
  /** In 0.3. */
  legacy?: string;
  /** Of HTTP+JSON, behind whatever the agent's address has before it. */
  path: RegExp;
  verbs: readonly string[];
}

/** Nothing else has such a path; and of a request without a body not every phase knows the verb. */
const ANY = ['GET', 'POST'];

const METHODS: readonly Method[] = [
  {
    ...{ name: 'send-message', method: 'SendMessage', legacy: 'message/send' },
    ...{ path: /\/message:send$/, verbs: ANY },
  },
  {
    ...{ name: 'send-streaming-message', method: 'SendStreamingMessage', legacy: 'message/stream' },
    ...{ path: /\/message:stream$/, verbs: ANY },
  },
  {
    ...{ name: 'get-task', method: 'GetTask', legacy: 'tasks/get' },
    ...{ path: /\/tasks\/[^/:]+$/, verbs: ['GET'] },
  },
  {
    ...{ name: 'list-tasks', method: 'ListTasks', legacy: 'tasks/list' },
    ...{ path: /\/tasks$/, verbs: ['GET'] },
  },
  {
    ...{ name: 'cancel-task', method: 'CancelTask', legacy: 'tasks/cancel' },
    ...{ path: /\/tasks\/[^/:]+:cancel$/, verbs: ANY },
  },
  {
    ...{ name: 'subscribe-to-task', method: 'SubscribeToTask', legacy: 'tasks/resubscribe' },
    ...{ path: /\/tasks\/[^/:]+:subscribe$/, verbs: ANY },
  },
  {
    name: 'create-push-config',
    ...{ method: 'CreateTaskPushNotificationConfig', legacy: 'tasks/pushNotificationConfig/set' },
    ...{ path: /\/tasks\/[^/:]+\/pushNotificationConfigs$/, verbs: ['POST'] },
  },
  {
    name: 'list-push-configs',
    ...{ method: 'ListTaskPushNotificationConfigs', legacy: 'tasks/pushNotificationConfig/list' },
    ...{ path: /\/tasks\/[^/:]+\/pushNotificationConfigs$/, verbs: ['GET'] },
  },
  {
    name: 'get-push-config',
    ...{ method: 'GetTaskPushNotificationConfig', legacy: 'tasks/pushNotificationConfig/get' },
    ...{ path: /\/tasks\/[^/:]+\/pushNotificationConfigs\/[^/:]+$/, verbs: ['GET'] },
  },
  {
    name: 'delete-push-config',
    ...{ method: 'DeleteTaskPushNotificationConfig', legacy: 'tasks/pushNotificationConfig/delete' },
    ...{ path: /\/tasks\/[^/:]+\/pushNotificationConfigs\/[^/:]+$/, verbs: ['DELETE'] },
  },
  {
    name: 'get-extended-card',
    ...{ method: 'GetExtendedAgentCard', legacy: 'agent/getAuthenticatedExtendedCard' },
    ...{ path: /\/(?:extendedAgentCard|v1\/card)$/, verbs: ['GET'] },
  },
  // No method of JSON-RPC.
  {
    ...{ name: 'get-card', method: 'GetAgentCard' },
    ...{ path: /\/\.well-known\/agent(?:-card)?\.json$/, verbs: ['GET'] },
  },
];

const BY_METHOD = new Map(
  METHODS.flatMap((one) => [[one.method, one] as const, ...(one.legacy ? [[one.legacy, one] as const] : [])]),
);

/** Of JSON-RPC. */
export const METHOD_NAMES: readonly string[] = [...BY_METHOD.keys()];

/** Those that MCP has as well. */
export const SHARED_METHODS: ReadonlySet<string> = new Set(['tasks/get', 'tasks/list', 'tasks/cancel']);

/** @returns how the record calls a method: no record has a word that a caller chose */
export function nameOfMethod(method: string): string {
  return `a2a.${BY_METHOD.get(method)?.name ?? 'unknown'}`;
}

/** @returns the method, by its name in 1.0, that a request in HTTP+JSON asks for */
export function methodOfPath({ method, path }: RequestHead): string | undefined {
  const asked = pathname(path);
  const verb = method === 'HEAD' ? 'GET' : method;
  return METHODS.find((one) => one.verbs.includes(verb) && one.path.test(asked))?.method;
}

/** Agents undo escapes before they look at a path. */
export function pathname(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
