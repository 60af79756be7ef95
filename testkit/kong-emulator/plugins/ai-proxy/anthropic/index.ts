/** Anthropic behind ai-proxy. */

import type { Driver } from '../driver.ts';
import { answer } from './answer.ts';
import { request } from './request.ts';
import { event } from './stream.ts';

export const ANTHROPIC: Driver = {
  url: 'https://api.anthropic.com:443',
  paths: { 'llm/v1/chat': '/v1/messages', 'llm/v1/completions': '/v1/complete' },
  headers: ({ model }) => ({ 'anthropic-version': model.options?.anthropic_version ?? '' }),
  cleared: [],
  request,
  answer,
  event,
};
