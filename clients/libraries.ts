/** Libraries that applications speak to models with: each is run by a program of a few lines, which prints what its user gets. */
import type { Agent } from './agents.ts';

type Library = Agent & { program: string };

/** Streams where the case is live, asks once otherwise, and prints the text or the error as an application would log it. */
const MAIN = `
const [prompt, how] = process.argv.slice(2);
try {
  if (how === 'streamed') for await (const text of stream(prompt)) process.stdout.write(text);
  else console.log(await ask(prompt));
} catch (error) {
  console.error(\`\${error.name}: \${error.message}\`);
  process.exitCode = 1;
}
`;

/**
 * @param model an expression with `provider` in it
 * @param more settings
 */
function vercel(provider: string, factory: string, model: string, more = ''): string {
  return `
import { generateText, streamText } from 'ai';
import { ${factory} } from '${provider}';
const provider = ${factory}({ apiKey: 'demo', baseURL: process.env.BASE_URL${more} });
const model = ${model};
const ask = async (prompt) => (await generateText({ model, prompt })).text;
async function* stream(prompt) {
  let failed;
  const { textStream } = streamText({ model, prompt, onError: ({ error }) => { failed = error; } });
  yield* textStream;
  if (failed) throw failed;
}
${MAIN}`;
}

/** @param settings an expression */
function langChain(module: string, name: string, settings: string): string {
  return `
import { ${name} } from '${module}';
const model = new ${name}(${settings});
const ask = async (prompt) => (await model.invoke(prompt)).text;
async function* stream(prompt) {
  for await (const chunk of await model.stream(prompt)) yield chunk.text;
}
${MAIN}`;
}

const LLAMA_INDEX = `
import { openai } from '@llamaindex/openai';
const llm = openai({ apiKey: 'demo', model: 'gpt-4.1', baseURL: process.env.BASE_URL });
const messagesOf = (prompt) => [{ role: 'user', content: prompt }];
const ask = async (prompt) => (await llm.chat({ messages: messagesOf(prompt) })).message.content;
async function* stream(prompt) {
  for await (const { delta } of await llm.chat({ messages: messagesOf(prompt), stream: true })) yield delta;
}
${MAIN}`;

const OLLAMA = `
import { Ollama } from 'ollama';
const ollama = new Ollama({ host: process.env.BASE_URL });
const asked = (prompt) => ({ model: 'm', messages: [{ role: 'user', content: prompt }] });
const ask = async (prompt) => (await ollama.chat(asked(prompt))).message.content;
async function* stream(prompt) {
  for await (const { message } of await ollama.chat({ ...asked(prompt), stream: true })) yield message.content;
}
${MAIN}`;

const BASE = {
  command: 'node',
  args: (prompt: string, isLive: boolean) => [prompt, isLive ? 'streamed' : 'whole'],
  env: (baseURL: string) => ({ BASE_URL: baseURL }),
};
const below = (path: string) => ({ env: (baseUrl: string) => ({ BASE_URL: `${baseUrl}${path}` }) });

const AI = 'ai@7.0.173';
const CORE = '@langchain/core@1.4.0';

export const LIBRARIES: readonly Library[] = [
  {
    ...{ ...BASE, ...below('/v1'), name: 'vercel-openai', api: 'responses', provider: 'openai' },
    packages: [AI, '@ai-sdk/openai@4.0.118'],
    program: vercel('@ai-sdk/openai', 'createOpenAI', "provider('gpt-4.1')"),
  },
  {
    ...{ ...BASE, ...below('/v1'), name: 'vercel-openai-chat', api: 'chat', provider: 'openai' },
    packages: [AI, '@ai-sdk/openai@4.0.118'],
    program: vercel('@ai-sdk/openai', 'createOpenAI', "provider.chat('gpt-4.1')"),
  },
  {
    ...{ ...BASE, ...below('/v1'), name: 'vercel-anthropic', api: 'anthropic', provider: 'anthropic' },
    packages: [AI, '@ai-sdk/anthropic@4.0.105'],
    program: vercel('@ai-sdk/anthropic', 'createAnthropic', "provider('claude-sonnet-4-5')"),
  },
  {
    ...{ ...BASE, ...below('/v1beta'), name: 'vercel-google', api: 'gemini', provider: 'gemini' },
    packages: [AI, '@ai-sdk/google@4.0.121'],
    program: vercel('@ai-sdk/google', 'createGoogleGenerativeAI', "provider('gemini-2.5-flash')"),
  },
  {
    ...{ ...BASE, ...below('/openai/v1'), name: 'vercel-azure', api: 'responses', provider: 'azureai' },
    packages: [AI, '@ai-sdk/azure@4.0.85'],
    program: vercel('@ai-sdk/azure', 'createAzure', "provider('gpt-4.1')"),
  },
  {
    ...{ ...BASE, name: 'vercel-bedrock', api: 'converse', provider: 'bedrock' },
    packages: [AI, '@ai-sdk/amazon-bedrock@5.0.101'],
    program: vercel(
      '@ai-sdk/amazon-bedrock',
      'createAmazonBedrock',
      "provider('amazon.nova-pro-v1:0')",
      ", region: 'us-east-1'",
    ),
  },
  {
    ...{ ...BASE, ...below('/v2'), name: 'vercel-cohere', api: 'cohere', provider: 'cohere' },
    packages: [AI, '@ai-sdk/cohere@4.0.52'],
    program: vercel('@ai-sdk/cohere', 'createCohere', "provider('command-a-03-2025')"),
  },
  {
    ...{ ...BASE, ...below('/v1'), name: 'langchain-openai', api: 'chat', provider: 'openai' },
    packages: [CORE, '@langchain/openai@1.6.0'],
    program: langChain(
      '@langchain/openai',
      'ChatOpenAI',
      "{ apiKey: 'demo', model: 'gpt-4.1', configuration: { baseURL: process.env.BASE_URL } }",
    ),
  },
  {
    ...{ ...BASE, ...below('/v1'), name: 'langchain-openai-responses', api: 'responses', provider: 'openai' },
    packages: [CORE, '@langchain/openai@1.6.0'],
    program: langChain(
      '@langchain/openai',
      'ChatOpenAI',
      "{ apiKey: 'demo', model: 'gpt-4.1', useResponsesApi: true, configuration: { baseURL: process.env.BASE_URL } }",
    ),
  },
  {
    ...{ ...BASE, name: 'langchain-anthropic', api: 'anthropic', provider: 'anthropic' },
    packages: [CORE, '@langchain/anthropic@1.5.11'],
    program: langChain(
      '@langchain/anthropic',
      'ChatAnthropic',
      "{ apiKey: 'demo', model: 'claude-sonnet-4-5', anthropicApiUrl: process.env.BASE_URL }",
    ),
  },
  {
    ...{ ...BASE, name: 'langchain-google', api: 'gemini', provider: 'gemini' },
    packages: [CORE, '@langchain/google-genai@2.3.2'],
    program: langChain(
      '@langchain/google-genai',
      'ChatGoogleGenerativeAI',
      "{ apiKey: 'demo', model: 'gemini-2.5-flash', baseUrl: process.env.BASE_URL }",
    ),
  },
  {
    ...{ ...BASE, ...below('/v1'), name: 'llamaindex-openai', api: 'chat', provider: 'openai' },
    packages: ['llamaindex@0.12.1', '@llamaindex/openai@0.4.23'],
    program: LLAMA_INDEX,
  },
  {
    ...{ ...BASE, name: 'ollama', api: 'ollama', provider: 'kong' },
    packages: ['ollama@0.6.4'],
    program: OLLAMA,
  },
];
