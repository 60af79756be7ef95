/**
 * Every provider: who adds one enters it here, and nowhere else. Configuration and its schemas, the registry, and how
 * streams are asked for and end, all come from this list.
 *
 * Where two formats recognise the same body or event, that of the provider that stands first reads it.
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
