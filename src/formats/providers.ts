/**
 * Every provider, one line each. Where two formats recognise the same body or event, the first one here reads it.
 *
 * Configuration, its schemas, the registry, streams' flags and ends: all of them ask this list.
 */
import { anthropic } from './anthropic/index.ts';
import { azureai } from './azureai/index.ts';
import { bedrock } from './bedrock/index.ts';
import { cohere } from './cohere/index.ts';
import { gemini } from './gemini/index.ts';
import { kong } from './kong/index.ts';
import { openai } from './openai/index.ts';

export const PROVIDERS = [anthropic, cohere, gemini, openai, azureai, kong, bedrock] as const;

export type ProviderName = (typeof PROVIDERS)[number]['name'];
