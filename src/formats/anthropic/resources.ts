/**
 * What Anthropic keeps on its servers: lists of models, files and skills. Every leaf that is no id, time or count is text.
 *
 * @see https://docs.claude.com/en/api/models-list
 */
import { resourceFormat } from '../resource.ts';
import { RESOURCE_SHAPES } from './resource-shapes.ts';

export const resources = resourceFormat({
  name: 'anthropic.resources',
  shapes: RESOURCE_SHAPES,
});
