/**
 * Cohere's endpoints beside chat: embeddings, ranking, classes, summaries, datasets and jobs. Every leaf that is no id, time,
 * count or vector is text.
 *
 * @see https://docs.cohere.com/reference/embed
 */
import { resourceFormat } from '../resource.ts';
import { RESOURCE_SHAPES } from './resource-shapes.ts';

export const resources = resourceFormat({
  name: 'cohere.resources',
  shapes: RESOURCE_SHAPES,
});
