/** What of Google's stored objects is no text: times, counts and the API's own words. */
import { RESOURCE } from '../common-shapes.ts';
import {
  all,
  count,
  either,
  known,
  mediaType,
  modelName,
  object,
  oneOf,
  type Shape,
  time,
} from '../shape.ts';

const STATE = oneOf(
  ...['ACTIVE', 'PROCESSING', 'FAILED', 'STATE_UNSPECIFIED', 'STATE_PENDING', 'STATE_ACTIVE', 'STATE_FAILED'],
  ...[
    'CREATING',
    'BATCH_STATE_PENDING',
    'BATCH_STATE_RUNNING',
    'BATCH_STATE_SUCCEEDED',
    'BATCH_STATE_FAILED',
  ],
  ...[
    'BATCH_STATE_CANCELLED',
    'BATCH_STATE_EXPIRED',
    'JOB_STATE_QUEUED',
    'JOB_STATE_PENDING',
    'JOB_STATE_RUNNING',
  ],
  ...['JOB_STATE_SUCCEEDED', 'JOB_STATE_FAILED', 'JOB_STATE_CANCELLED'],
);

const ANY: Shape = object(() => ({
  state: STATE,
  ...all('model baseModel baseModelId', either(modelName, ANY)),
  ...all('mimeType mime_type', mediaType),
  ...all('createTime updateTime expirationTime expireTime startTime endTime completeTime', time),
  ...all(
    'sizeBytes totalTokenCount inputTokenLimit outputTokenLimit topK topP temperature maxTemperature',
    count,
  ),
  ...all('requestCount successfulRequestCount failedRequestCount pendingRequestCount', count),
  ...all('models files batches operations batch request requests response metadata inputConfig output', ANY),
  ...all('contents content parts candidates error generateVideoResponse generatedSamples video', ANY),
  ...all(
    'inlinedResponses inlinedRequests batchStats usageMetadata tuningTask videoMetadata tokensInfo',
    ANY,
  ),
  ...all('name displayName description text uri role key done version bytesBase64Encoded sha256Hash', known),
  event_type: oneOf(
    ...['interaction.created', 'interaction.completed', 'interaction.status_update', 'error'],
    ...['step.start', 'step.delta', 'step.stop', 'content.start', 'content.delta', 'content.stop'],
  ),
  ...all('interaction step delta', ANY),
  ...all('index', count),
  type: oneOf('text', 'model_output', 'thought', 'thought_summary', 'arguments_delta', 'function_call'),
  ...all('supportedGenerationMethods nextPageToken tokenIds tokens thinking', known),
}));

export const RESOURCE_SHAPES = { request: ANY, response: either(ANY, RESOURCE) };
