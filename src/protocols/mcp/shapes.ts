/**
 * What the places of a message hold that is no text: words of closed lists, times, sizes, ids that nobody chose. Everything
 * else is text, wherever it stands.
 *
 * One shape for the parameters of all methods, and one for all results: the keys mean the same in each, and a message may
 * have any of them.
 *
 * @see https://modelcontextprotocol.io/specification/2026-07-28/schema
 */
import { JSON_SCHEMA } from '../../formats/json-schema-shape.ts';
import {
  all,
  count,
  either,
  known,
  mapOf,
  matching,
  mediaType,
  modelName,
  name,
  object,
  oneOf,
  type Shape,
  sealed,
  time,
} from '../../formats/shape.ts';
import { cursor, id } from '../message-shapes.ts';
import { METHODS } from './methods.ts';

const revision = matching(/^20\d\d-[01]\d-[0-3]\d$/);
const version = either(revision, matching(/^v?\d{1,4}(?:\.\d{1,4}){0,3}$/));

const role = oneOf('user', 'assistant');

/** Words of the protocol. Any of them may be a key of a server's own, so what stands under it is text again. */
const CAPABILITIES: Shape = either(
  object(() => ({
    ...all(
      'roots sampling elicitation experimental logging completions prompts resources tools tasks extensions',
      CAPABILITIES,
    ),
    ...all('listChanged subscribe form url tools context list cancel requests call create', CAPABILITIES),
    createMessage: CAPABILITIES,
  })),
  mapOf(known),
);

const icon = object({
  ...all('src sizes', known),
  mimeType: mediaType,
  theme: oneOf('light', 'dark'),
});

const IMPLEMENTATION = object({
  ...all('name title description websiteUrl', known),
  version,
  icons: icon,
});

/** `_meta`: keys of the protocol, and those of anybody. */
const META: Shape = either(
  object(() => ({
    progressToken: id,
    'io.modelcontextprotocol/related-task': object({ taskId: id }),
    'io.modelcontextprotocol/protocolVersion': version,
    'io.modelcontextprotocol/clientInfo': IMPLEMENTATION,
    'io.modelcontextprotocol/serverInfo': IMPLEMENTATION,
    'io.modelcontextprotocol/clientCapabilities': CAPABILITIES,
    'io.modelcontextprotocol/logLevel': LEVEL,
    'io.modelcontextprotocol/subscriptionId': id,
    'io.modelcontextprotocol/model-immediate-response': known,
  })),
  mapOf(known),
);

const LEVEL = oneOf(...['debug', 'info', 'notice', 'warning', 'error', 'critical', 'alert', 'emergency']);

const ANNOTATIONS = object({
  audience: role,
  priority: count,
  lastModified: time,
  title: known,
  ...all('readOnlyHint destructiveHint idempotentHint openWorldHint', known),
});

const TASK = {
  taskId: id,
  status: oneOf('working', 'input_required', 'completed', 'failed', 'cancelled'),
  statusMessage: known,
  ...all('createdAt lastUpdatedAt', time),
  ...all('ttl pollInterval ttlMs pollIntervalMs', count),
};

/** A block of content, a resource, a prompt, a tool, a root: what lists hold. */
export const ITEM: Shape = object(() => ({
  type: oneOf('text', 'image', 'audio', 'resource', 'resource_link', 'tool_use', 'tool_result', 'object'),
  ...all('name title description text uri uriTemplate websiteUrl', known),
  ...all('data blob', known),
  mimeType: mediaType,
  size: count,
  annotations: ANNOTATIONS,
  icons: icon,
  resource: ITEM,
  arguments: object({ ...all('name title description required', known) }),
  ...all('id toolUseId', id),
  input: known,
  content: ITEM,
  structuredContent: known,
  isError: known,
  role,
  ...all('inputSchema outputSchema', JSON_SCHEMA),
  execution: object({ taskSupport: oneOf('forbidden', 'optional', 'required') }),
  ...TASK,
  _meta: META,
}));

/** Where `task` says how long, and where it is the task itself. */
const LONGEVITY = object({ ...TASK, _meta: META });

const SAMPLING = {
  messages: object(() => ({ role, content: ITEM, _meta: META })),
  modelPreferences: object({
    hints: object({ name: modelName }),
    ...all('costPriority speedPriority intelligencePriority', count),
  }),
  systemPrompt: known,
  includeContext: oneOf('none', 'thisServer', 'allServers'),
  ...all('temperature maxTokens', count),
  stopSequences: known,
  metadata: known,
  toolChoice: object({ mode: oneOf('auto', 'required', 'none') }),
  model: modelName,
  stopReason: oneOf('endTurn', 'stopSequence', 'maxTokens', 'toolUse'),
};

const LISTS = {
  ...all('tools prompts resources resourceTemplates contents roots tasks content', ITEM),
  ...all('nextCursor cursor', cursor),
};

const ELICITATION = {
  mode: oneOf('form', 'url'),
  message: known,
  requestedSchema: JSON_SCHEMA,
  url: known,
  elicitationId: id,
  action: oneOf('accept', 'decline', 'cancel'),
};

/** Each of the requests that an `input_required` result wants answered, and each of the answers. */
const INPUTS: Shape = mapOf(
  object(() => ({ method: oneOf(...METHODS), params: BODY, result: BODY, ...BODY_FIELDS() })),
);

function BODY_FIELDS(): Record<string, Shape> {
  return {
    ...LISTS,
    ...SAMPLING,
    ...ELICITATION,
    ...TASK,
    protocolVersion: version,
    ...all('supportedVersions supportedProtocolVersions', version),
    capabilities: CAPABILITIES,
    ...all('clientInfo serverInfo', IMPLEMENTATION),
    instructions: known,
    ...all('name title description uri text arguments structuredContent isError', known),
    content: either(ITEM, mapOf(known)),
    role,
    task: LONGEVITY,
    ref: object({ type: oneOf('ref/prompt', 'ref/resource'), ...all('name title uri', known) }),
    argument: object({ ...all('name value', known) }),
    context: object({ arguments: known }),
    completion: object({ values: known, total: count, hasMore: known }),
    level: LEVEL,
    ...all('logger data reason message', known),
    ...all('progressToken requestId', id),
    ...all('progress total', count),
    resultType: oneOf('complete', 'input_required', 'task', 'incomplete'),
    inputRequests: INPUTS,
    inputResponses: INPUTS,
    requestState: either(sealed, name),
    cacheScope: oneOf('public', 'private'),
    ...all('notifications resourceSubscriptions', known),
    _meta: META,
  };
}

const BODY: Shape = object(BODY_FIELDS);

const ERROR_OF_RPC = object({ code: count, message: known, data: either(known, object({})) });

export const MESSAGE: Shape = object({
  jsonrpc: oneOf('2.0'),
  id,
  method: either(oneOf(...METHODS), name),
  params: BODY,
  result: BODY,
  error: ERROR_OF_RPC,
});
