/** What bodies of any API may be that no format reads: errors, and answers to requests without a body. */
import {
  count,
  either,
  idOf,
  known,
  matching,
  modelName,
  object,
  oneOf,
  type Shape,
  time,
  uuid,
} from './shape.ts';

/** Of the words, those that say what kind of error it is are no text; its messages are. */
export const ERROR: Shape = object(() => ({
  ...{
    error: ERROR,
    errors: ERROR,
    message: known,
    Message: known,
    msg: known,
    detail: ERROR,
    details: ERROR,
    title: known,
  },
  ...{
    type: KIND,
    code: either(KIND, matching(/^\d{3}$/), ERROR),
    status: either(KIND, matching(/^\d{3}$/)),
    __type: KIND,
  },
  ...{
    param: known,
    reason: known,
    domain: known,
    field: known,
    description: known,
    fieldViolations: ERROR,
    loc: known,
  },
  ...{
    innererror: ERROR,
    inner_error: ERROR,
    metadata: known,
    '@type': TYPE_URL,
    id: uuid,
    request_id: REQUEST,
    requestId: REQUEST,
  },
  ...{
    object: oneOf('error', 'list'),
    created: time,
    timestamp: time,
    data: known,
    path: known,
    name: known,
    statusCode: count,
  },
  ...{ links: known, url: known, retryDelay: matching(/^\d{1,5}(?:\.\d{1,9})?s$/) },
}));

const TYPE_URL = matching(/^type\.googleapis\.com\/google\.rpc\.[A-Za-z]{1,40}$/);

const REQUEST = idOf('req_', 'req-', 'chatcmpl-');

/** One word that names a kind of error: it ends with what every such name ends with, or is one of the best known. */
const KIND = either(
  matching(/^[a-z]{3,20}(?:_[a-z]{3,20}){0,3}_error$/),
  matching(/^[A-Z][A-Za-z]{2,40}(?:Error|Exception)$/),
  oneOf(
    ...[
      'INVALID_ARGUMENT',
      'FAILED_PRECONDITION',
      'OUT_OF_RANGE',
      'UNAUTHENTICATED',
      'PERMISSION_DENIED',
      'NOT_FOUND',
      'ABORTED',
    ],
    ...[
      'ALREADY_EXISTS',
      'RESOURCE_EXHAUSTED',
      'CANCELLED',
      'DATA_LOSS',
      'UNKNOWN',
      'INTERNAL',
      'UNAVAILABLE',
      'DEADLINE_EXCEEDED',
    ],
    ...[
      'error',
      'tokens',
      'requests',
      'content_filter',
      'invalid_api_key',
      'model_not_found',
      'insufficient_quota',
      'invalid_prompt',
    ],
    ...[
      'rate_limit_exceeded',
      'context_length_exceeded',
      'invalid_value',
      'unsupported_value',
      'unsupported_parameter',
    ],
    ...[
      'missing_required_parameter',
      'unknown_parameter',
      'DeploymentNotFound',
      'OperationNotSupported',
      'ResponsibleAIPolicyViolation',
    ],
  ),
);

/** Lists of models, files and jobs: ids, times and states. Names and everything else are text. */
export const RESOURCE: Shape = object(() => ({
  ...{
    object: oneOf('list', 'model', 'file', 'batch', 'file.deleted', 'model.deleted', 'response.deleted'),
    data: RESOURCE,
  },
  ...{
    id: either(modelName, idOf('file-', 'file_', 'batch_', 'resp_', 'msg_', 'req_', 'model:')),
    type: oneOf('model', 'file'),
  },
  ...{
    created: time,
    created_at: time,
    updated_at: time,
    expires_at: time,
    expired_at: time,
    has_more: known,
    deleted: known,
  },
  ...{
    owned_by: oneOf('openai', 'openai-internal', 'system', 'anthropic', 'google', 'meta', 'mistralai'),
    bytes: count,
    size: count,
  },
  ...{
    first_id: modelName,
    last_id: modelName,
    status: oneOf('uploaded', 'processed', 'error', 'completed', 'failed', 'cancelled'),
  },
  ...{
    models: RESOURCE,
    name: modelName,
    display_name: known,
    displayName: known,
    description: known,
    version: known,
  },
  ...{
    inputTokenLimit: count,
    outputTokenLimit: count,
    max_input_tokens: count,
    max_tokens: count,
    temperature: count,
  },
}));
