/**
 * What the places of a message hold that is no text: words of closed lists, times, sizes, ids that nobody chose. Everything
 * else is text, wherever it stands.
 *
 * The two versions, and JSON-RPC and HTTP+JSON, differ in the names of some keys and in the words of some lists: a shape has
 * those of all, each key in both spellings of ProtoJSON.
 *
 * @see https://github.com/a2aproject/A2A/blob/main/specification/a2a.proto
 */
import { message } from '../../formats/proto-json.ts';
import {
  all,
  count,
  either,
  known,
  mapOf,
  matching,
  mediaType,
  name,
  object,
  oneOf,
  type Shape,
  sealed,
  time,
} from '../../formats/shape.ts';
import { cursor, id } from '../message-shapes.ts';
import { METHOD_NAMES } from './methods.ts';

const version = either(matching(/^v?\d{1,4}(?:\.\d{1,4}){0,3}$/), known);

/** A caller's own, with keys of its own. */
const FREE = mapOf(known);

const STATE_WORDS =
  'submitted working completed failed canceled input-required rejected auth-required unknown';
const STATES = STATE_WORDS.split(' ');
const state = oneOf(
  ...STATES,
  ...[...STATES, 'cancelled', 'unspecified'].map(
    (word) => `TASK_STATE_${word.toUpperCase().replace('-', '_')}`,
  ),
);

const role = oneOf('user', 'agent', 'ROLE_USER', 'ROLE_AGENT', 'ROLE_UNSPECIFIED');

const FILE: Shape = message({
  ...all('bytes uri fileWithBytes fileWithUri name', known),
  mimeType: mediaType,
});

const PART: Shape = message({
  kind: oneOf('text', 'file', 'data'),
  ...all('text raw url', known),
  data: either(known, message({ data: known })),
  filename: known,
  ...all('mediaType mimeType', mediaType),
  file: FILE,
  metadata: FREE,
});

const MESSAGE: Shape = message({
  kind: oneOf('message'),
  ...all('messageId contextId taskId referenceTaskIds', id),
  role,
  ...all('parts content', PART),
  metadata: FREE,
  extensions: known,
});

const STATUS = message({ state, timestamp: time, ...all('message update', MESSAGE) });

const ARTIFACT = message({
  artifactId: id,
  ...all('name description extensions', known),
  parts: PART,
  metadata: FREE,
});

const TASK = {
  kind: oneOf('task', 'message', 'status-update', 'artifact-update'),
  ...all('id contextId taskId', id),
  status: either(STATUS, state),
  artifacts: ARTIFACT,
  history: MESSAGE,
  artifact: ARTIFACT,
  ...all('append lastChunk final', known),
  metadata: FREE,
};

const schemeOfHttp = oneOf(
  ...['Bearer', 'Basic', 'Digest', 'Negotiate', 'HOBA', 'Mutual', 'OAuth', 'DPoP', 'GNAP'],
  ...['bearer', 'basic', 'digest', 'negotiate'],
);

const PUSH = {
  ...all('url token name parent configId', known),
  pushNotificationConfigId: id,
  authentication: message({ ...all('scheme schemes', schemeOfHttp), credentials: known }),
};

const PUSH_CONFIG: Shape = message({ ...all('id taskId', id), tenant: known, ...PUSH });

const CONFIGURATION = message({
  acceptedOutputModes: mediaType,
  ...all('taskPushNotificationConfig pushNotificationConfig pushNotification', PUSH_CONFIG),
  historyLength: count,
  ...all('returnImmediately blocking', known),
});

const protocolBinding = oneOf('JSONRPC', 'GRPC', 'HTTP+JSON');

const INTERFACE = message({
  ...all('url tenant', known),
  ...all('protocolBinding transport', protocolBinding),
  protocolVersion: version,
});

const EXTENSION = message({ ...all('uri description required', known), params: FREE });

const FLOW = message({
  ...all('authorizationUrl tokenUrl refreshUrl deviceAuthorizationUrl pkceRequired', known),
  scopes: FREE,
});

const SCHEME_FIELDS = {
  type: oneOf('apiKey', 'http', 'oauth2', 'openIdConnect', 'mutualTLS'),
  ...all('location in', oneOf('query', 'header', 'cookie')),
  scheme: schemeOfHttp,
  bearerFormat: oneOf('JWT'),
  ...all('description name oauth2MetadataUrl openIdConnectUrl', known),
  flows: message(all('authorizationCode clientCredentials implicit password deviceCode', FLOW)),
};

const SCHEME: Shape = message({
  ...SCHEME_FIELDS,
  ...all(
    'apiKeySecurityScheme httpAuthSecurityScheme oauth2SecurityScheme openIdConnectSecurityScheme mtlsSecurityScheme',
    message(SCHEME_FIELDS),
  ),
});

/** Each with the scopes that it takes: a list in 0.3, an object with one in 1.0. */
const REQUIREMENT = either(
  message({ schemes: mapOf(either(known, object({ list: known }))) }),
  mapOf(either(known, object({ list: known }))),
);

const SKILL = message({
  ...all('id name description tags examples', known),
  ...all('inputModes outputModes', mediaType),
  ...all('security securityRequirements', REQUIREMENT),
});

const CARD = {
  ...all('name description url documentationUrl iconUrl', known),
  protocolVersion: version,
  version,
  preferredTransport: protocolBinding,
  ...all('supportedInterfaces additionalInterfaces', INTERFACE),
  provider: message(all('url organization', known)),
  capabilities: message({
    ...all('streaming pushNotifications extendedAgentCard stateTransitionHistory', known),
    extensions: EXTENSION,
  }),
  securitySchemes: mapOf(SCHEME),
  ...all('security securityRequirements', REQUIREMENT),
  ...all('defaultInputModes defaultOutputModes', mediaType),
  skills: SKILL,
  supportsAuthenticatedExtendedCard: known,
  signatures: message({ protected: known, signature: sealed, header: FREE }),
};

const REASONS = [
  ...['TASK_NOT_FOUND', 'TASK_NOT_CANCELABLE', 'PUSH_NOTIFICATION_NOT_SUPPORTED', 'UNSUPPORTED_OPERATION'],
  ...['CONTENT_TYPE_NOT_SUPPORTED', 'INVALID_AGENT_RESPONSE', 'EXTENDED_AGENT_CARD_NOT_CONFIGURED'],
  ...['EXTENSION_SUPPORT_REQUIRED', 'VERSION_NOT_SUPPORTED', 'INVALID_PARAMS', 'INTERNAL_ERROR'],
];

const STATUS_NAMES = [
  ...['OK', 'CANCELLED', 'UNKNOWN', 'INVALID_ARGUMENT', 'DEADLINE_EXCEEDED', 'NOT_FOUND', 'ALREADY_EXISTS'],
  ...['PERMISSION_DENIED', 'RESOURCE_EXHAUSTED', 'FAILED_PRECONDITION', 'ABORTED', 'OUT_OF_RANGE'],
  ...['UNIMPLEMENTED', 'INTERNAL', 'UNAVAILABLE', 'DATA_LOSS', 'UNAUTHENTICATED'],
];

const DETAIL = object({
  '@type': oneOf('type.googleapis.com/google.rpc.ErrorInfo', 'type.googleapis.com/google.rpc.BadRequest'),
  reason: either(oneOf(...REASONS), known),
  domain: either(oneOf('a2a-protocol.org'), known),
  metadata: FREE,
});

const ERROR = object({
  code: count,
  status: either(oneOf(...STATUS_NAMES), known),
  message: known,
  ...all('details data', DETAIL),
});

/** Parameters, results and events: the keys mean the same in each, and a message may have any of them. */
const BODY: Shape = message(() => ({
  ...CARD,
  ...TASK,
  ...PUSH,
  ...all('tenant data', known),
  ...all('message request msg', either(MESSAGE, known)),
  task: BODY,
  ...all('statusUpdate artifactUpdate', BODY),
  tasks: BODY,
  configuration: CONFIGURATION,
  ...all('pushNotificationConfig taskPushNotificationConfig configs', PUSH_CONFIG),
  ...all('messageId referenceTaskIds', id),
  role,
  ...all('parts content', PART),
  extensions: known,
  state,
  ...all('timestamp statusTimestampAfter', time),
  ...all('historyLength pageSize totalSize code', count),
  ...all('pageToken nextPageToken', cursor),
  includeArtifacts: known,
  status: either(STATUS, state, oneOf(...STATUS_NAMES)),
  error: ERROR,
}));

/** A body of HTTP+JSON, or a message of JSON-RPC with one in it. */
export const ANY_BODY: Shape = either(
  BODY,
  object({
    jsonrpc: oneOf('2.0'),
    id,
    method: either(oneOf(...METHOD_NAMES), name),
    params: BODY,
    result: BODY,
    error: ERROR,
  }),
);
