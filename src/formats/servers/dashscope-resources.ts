/**
 * What DashScope keeps, and what its tasks come to: files, models, jobs, pictures, videos and transcripts.
 *
 * @see https://www.alibabacloud.com/help/en/model-studio/manage-asynchronous-tasks
 */
import { RESOURCE_SHAPES as OPENAI_SHAPES } from '../openai/resource-shapes.ts';
import { resourceFormat } from '../resource.ts';
import { either } from '../shape.ts';
import { DASHSCOPE_SHAPES, TASKS } from './dashscope-shapes.ts';

export const dashscopeResources = resourceFormat({
  name: 'dashscope.resources',
  shapes: {
    request: either(DASHSCOPE_SHAPES.request, OPENAI_SHAPES.request),
    response: either(TASKS, DASHSCOPE_SHAPES.response, OPENAI_SHAPES.response),
  },
});
