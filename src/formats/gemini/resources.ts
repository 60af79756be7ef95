/**
 * What Google keeps on its servers: files, stores, batches, tuned models and operations. Every leaf that is no time, count or
 * state is text.
 *
 * @see https://ai.google.dev/api
 */
import { resourceFormat } from '../resource.ts';
import { readInteractionStream } from './interaction-stream.ts';
import { RESOURCE_SHAPES } from './resource-shapes.ts';

export const resources = resourceFormat({
  name: 'gemini.resources',
  shapes: RESOURCE_SHAPES,
  readStream: readInteractionStream,
});
