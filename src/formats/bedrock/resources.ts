/**
 * Bedrock beside its models: guardrails, knowledge bases, ranking, and invocations whose output goes to S3. Every leaf that
 * is no count or word of the API's is text.
 *
 * @see https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ApplyGuardrail.html
 */
import { resourceFormat } from '../resource.ts';
import { RESOURCE_SHAPES } from './resource-shapes.ts';

export const resources = resourceFormat({
  name: 'bedrock.resources',
  shapes: RESOURCE_SHAPES,
  base64: ['body'],
});
