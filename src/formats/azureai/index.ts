/**
 * Azure OpenAI: OpenAI's bodies, streams and last parts of paths, with the model's deployment before them.
 *
 * @see https://learn.microsoft.com/azure/ai-foundry/openai/reference
 */
import { chatCompletions } from '../openai/chat-completions.ts';
import { completions } from '../openai/completions.ts';
import { embeddings } from '../openai/embeddings.ts';
import { openai } from '../openai/index.ts';
import { responses } from '../openai/responses.ts';
import type { Provider } from '../provider.ts';

export const azureai: Provider<'azureai'> = {
  ...openai,
  name: 'azureai',
  displayName: 'Azure OpenAI',

  apiUris: {
    '/chat/completions': [chatCompletions],
    '/completions': [completions],
    '/responses': [responses],
    '/embeddings': [embeddings],
  },

  modelInPath: /\/deployments\/([^/:]+)(?=[/:])/gi,
};
