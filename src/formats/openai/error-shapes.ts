/** Errors, and what filters and moderation found. */
import { count, eachOf, either, known, matching, modelName, object, oneOf, type Shape } from '../shape.ts';
import { ID, TYPE } from './word-shapes.ts';

/** What Azure's filter found: `severity`, whether it was filtered, and quotations. */
export const FILTER_RESULT: Shape = object(() => ({
  ...{
    filtered: known,
    detected: known,
    severity: oneOf('safe', 'low', 'medium', 'high'),
    details: FILTER_RESULT,
    id: known,
  },
  ...{
    citation: object({ URL: known, license: known }),
    custom_blocklists: FILTER_RESULT,
    error: ERROR_SHAPE,
  },
  ...{ completion_start_offset: count, completion_end_offset: count, ungrounded_material: FILTER_RESULT },
  ...eachOf(['check_offset', 'start_offset', 'end_offset'], count),
  ...{ blocked: known, source_type: oneOf('prompt', 'completion') },
  ...eachOf(
    [
      ...['content_filter_raw', 'content_filter_offsets'],
      ...[
        'hate',
        'self_harm',
        'sexual',
        'violence',
        'jailbreak',
        'profanity',
        'protected_material_text',
        'protected_material_code',
      ],
      ...[
        'indirect_attack',
        'ungrounded_material',
        'prompt_filter_results',
        'content_filter_results',
        'task_adherence',
      ],
      ...['content_filter_result', 'protected_material', 'personally_identifiable_information'],
    ],
    FILTER_RESULT,
  ),
  prompt_index: count,
}));

export const ERROR_SHAPE: Shape = object(() => ({
  ...{
    message: known,
    type: ERROR_WORD,
    code: either(ERROR_WORD, matching(/^\d{3}$/)),
    param: known,
    status: known,
  },
  innererror: object({
    code: ERROR_WORD,
    content_filter_result: FILTER_RESULT,
    content_filter_results: FILTER_RESULT,
  }),
  error: ERROR_SHAPE,
}));

const ERROR_WORD = oneOf(
  ...[
    'invalid_request_error',
    'invalid_api_key',
    'authentication_error',
    'permission_error',
    'not_found_error',
    'server_error',
  ],
  ...[
    'rate_limit_error',
    'rate_limit_exceeded',
    'insufficient_quota',
    'tokens',
    'requests',
    'content_filter',
    'model_not_found',
  ],
  ...[
    'context_length_exceeded',
    'invalid_value',
    'invalid_type',
    'missing_required_parameter',
    'unsupported_parameter',
    'error',
  ],
  ...[
    'ResponsibleAIPolicyViolation',
    'OperationNotSupported',
    'DeploymentNotFound',
    'unknown_parameter',
    'invalid_prompt',
  ],
  ...[
    'api_error',
    'overloaded_error',
    'internal_error',
    'server_is_overloaded',
    'unsupported_value',
    'invalid_json',
  ],
);

const CATEGORIES = object(
  eachOf(
    [
      ...[
        'harassment',
        'harassment/threatening',
        'sexual',
        'sexual/minors',
        'hate',
        'hate/threatening',
        'illicit',
      ],
      ...[
        'illicit/violent',
        'self-harm',
        'self-harm/intent',
        'self-harm/instructions',
        'violence',
        'violence/graphic',
      ],
    ],
    either(count, oneOf('text', 'image')),
  ),
);

export const MODERATION: Shape = object(() => ({
  ...{
    type: TYPE,
    model: modelName,
    id: ID,
    flagged: known,
    code: ERROR_WORD,
    message: known,
    input: MODERATION,
    output: MODERATION,
    results: MODERATION,
    index: count,
  },
  ...{
    categories: CATEGORIES,
    category_scores: CATEGORIES,
    category_applied_input_types: CATEGORIES,
  },
}));
