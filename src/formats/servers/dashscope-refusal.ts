/**
 * What clients of DashScope read: an error is a `code` and a `message` beside each other, in a stream in an event of that
 * name.
 *
 * @see https://www.alibabacloud.com/help/en/model-studio/error-code
 * @see https://github.com/dashscope/dashscope-sdk-python/blob/main/dashscope/common/utils.py
 */
import type { ApiRefusals } from '../refusal-contract.ts';
import type { StreamEnd } from '../stream-end-contract.ts';
import { dashscope } from './dashscope.ts';
import { isAnswer } from './dashscope-answer.ts';
import { dashscopeResources } from './dashscope-resources.ts';

export const DASHSCOPE_REFUSALS: readonly ApiRefusals[] = [
  {
    formats: [dashscope, dashscopeResources],
    error: ({ message, requestId = '' }) => ({ message, request_id: requestId }),
  },
];

export const DASHSCOPE_STREAM_ENDS: readonly StreamEnd[] = [
  {
    isOurs: ({ value }) => isAnswer(value),
    lastEvents: (_seen, message) => [
      {
        name: 'error',
        value: { code: 'DataInspectionFailed', message, request_id: '' },
        isUnspaced: true,
      },
    ],
  },
];
