/** What of Bedrock's stored objects is no text: times, counts and the API's own words. */
import { RESOURCE } from '../common-shapes.ts';
import { all, count, either, known, object, oneOf, type Shape, time, uuid } from '../shape.ts';

const ANY: Shape = object(() => ({
  ...all('source', oneOf('INPUT', 'OUTPUT')),
  ...all('action', oneOf('NONE', 'GUARDRAIL_INTERVENED')),
  ...all('status', oneOf('InProgress', 'Completed', 'Failed')),
  ...all('sessionId', uuid),
  ...all('submitTime lastModifiedTime endTime', time),
  ...all('inputTokens score index relevanceScore numberOfResults topicPolicyUnits contentPolicyUnits', count),
  ...all('wordPolicyUnits sensitiveInformationPolicyUnits contextualGroundingPolicyUnits', count),
  ...all(
    'content text messages system input converse output outputs usage assessments retrievalResults',
    ANY,
  ),
  ...all('retrievalQuery retrievalConfiguration vectorSearchConfiguration location metadata citations', ANY),
  ...all('generatedResponsePart retrievedReferences textResponsePart span results sources queries', ANY),
  ...all('modelInput outputDataConfig s3OutputDataConfig invokeModel', ANY),
  ...all('modelId modelArn invocationArn s3Uri kmsKeyId role type body nextToken outputScope', known),
}));

export const RESOURCE_SHAPES = { request: ANY, response: either(ANY, RESOURCE) };
