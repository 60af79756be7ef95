/** The tables of docs/refusals.md, generated from what the code does. */
import { loadConfig } from '../../src/config/load.ts';
import { refusalsFor } from '../../src/formats/refusal.ts';
import { routeFormats } from '../../src/formats/registry.ts';
import {
  isBlock,
  isUninspected,
  REFUSALS,
  type RefusalCode,
} from '../../src/inspection/refusal/refusal-codes.ts';
import { refusalReply } from '../../src/inspection/refusal/refusal-reply.ts';
import { violation } from '../../src/inspection/refusal/rejection.ts';

/** @returns Markdown: every code with its status, whether to repeat the request, and what to do */
export function codeTable(): string {
  const rows = Object.entries(REFUSALS).map(
    ([code, { httpStatus, mayRepeat, means, remedy }]) =>
      `| \`${code}\` | ${settingOf(code as RefusalCode)}${httpStatus} | ${mayRepeat ? 'yes' : 'no'} | ${means} | ${remedy} |`,
  );
  return ['| code | status | repeat | what happened | what to do |', '|---|---|---|---|---|', ...rows].join(
    '\n',
  );
}

function settingOf(code: RefusalCode): string {
  if (isBlock(code)) return '`block_status`: ';
  return isUninspected(code) ? '`uninspected_status`: ' : '';
}

/** One API of each kind of client. */
const CLIENTS = [
  ['OpenAI, Azure OpenAI, Kong AI Gateway', 'openai', '/v1/chat/completions'],
  ['Anthropic', 'anthropic', '/v1/messages'],
  ['Google Gemini, Vertex', 'gemini', '/v1beta/models/gemini:generateContent'],
  ['Amazon Bedrock', 'bedrock', '/model/m/converse'],
  ['Cohere', 'cohere', '/v2/chat'],
  ['Ollama', 'openai', '/api/chat'],
  ['Text Generation Inference, Text Embeddings Inference', 'openai', '/generate_stream'],
  ['DashScope', 'openai', '/api/v1/services/aigc/text-generation/generation'],
] as const;

/** @returns Markdown: what stands beside `reason`, `status` and `code` for each provider's clients */
export function shapeTable(): string {
  const rows = CLIENTS.map(([who, provider, path]) => {
    const { config, formats } = routeOf(provider);
    const refused = violation('request', config, {
      ...{ summary: '\u2026', findings: [], requestId: 'prq_\u2026' },
    });
    const { body, headers } = refusalReply({ config, formats }, refused, { path });
    const { reason: _, status: _status, code: _code, ...members } = JSON.parse(String(body));
    const type = headers['x-amzn-errortype'];
    const also = type === undefined ? '' : `, and the header \`x-amzn-errortype: ${type}\``;
    return `| ${who} | \`${shortened(JSON.stringify(members))}\`${also} |`;
  });
  return ['| clients of | members |', '|---|---|', ...rows].join('\n');
}

/** @returns Markdown: which APIs can say a refusal as an answer */
export function answerTable(): string {
  const rows = [...APIS].map(([what, provider, path]) => {
    const answer = refusalsFor({ provider, formats: routeOf(provider).formats }, path, [])?.answer;
    const said = { ...{ text: '', model: '', id: '', created: 0 }, path, asksForEvents: true };
    const streamed = answer?.streamed(said);
    return `| ${what} | ${answer?.whole(said) ? 'yes' : 'no: as `provider`'} | ${streamed ? `\`${streamed.contentType}\`` : ''} |`;
  });
  return ['| API | an answer | streamed |', '|---|---|---|', ...rows].join('\n');
}

const APIS = [
  ['OpenAI and Azure: chat completions', 'openai', '/v1/chat/completions'],
  ['completions', 'openai', '/v1/completions'],
  ['responses', 'openai', '/v1/responses'],
  ['embeddings', 'openai', '/v1/embeddings'],
  ['Anthropic: messages', 'anthropic', '/v1/messages'],
  ['complete', 'anthropic', '/v1/complete'],
  ['Gemini: generateContent, streamGenerateContent', 'gemini', '/v1beta/models/g:streamGenerateContent'],
  ['embedContent, countTokens, predict', 'gemini', '/v1beta/models/g:countTokens'],
  ['Bedrock: Converse', 'bedrock', '/model/m/converse'],
  ["InvokeModel with Anthropic's models or Nova", 'bedrock', '/model/anthropic.claude/invoke'],
  ['InvokeModel with others, or by an ARN', 'bedrock', '/model/m/invoke'],
  ['Cohere: v2 chat', 'cohere', '/v2/chat'],
  ['v1 chat', 'cohere', '/v1/chat'],
  ['v1 generate', 'cohere', '/v1/generate'],
  ['Ollama: chat, generate', 'kong', '/api/chat'],
  ['llama.cpp: completion, infill', 'openai', '/completion'],
  ['Text Generation Inference: generate, generate_stream', 'openai', '/generate_stream'],
  ['SGLang and vLLM: generate', 'openai', '/vertex_generate'],
] as const;

function routeOf(provider: (typeof CLIENTS | typeof APIS)[number][1]) {
  const upstream_llm = { provider, api_uri: 'auto' };
  const { config } = loadConfig({ ai_guard_api_key: 'x', upstream_llm }, 'request');
  const formats = routeFormats(provider, 'auto');
  if (!formats) throw new Error(`no formats of ${provider}`);
  return { config, formats };
}

/** The sentence is the same for all. */
function shortened(json: string): string {
  return json.replaceAll(/Prompt has been rejected[^"]*/g, 'Prompt has been rejected \u2026');
}
