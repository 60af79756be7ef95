/** Prompts and answers of about a given size, as the benchmarks send them. */

export interface AnswerKind {
  shape: 'json' | 'sse';
  bytes: number;
}

export const SIZES = {
  '2 KB': 2048,
  '64 KB': 65_536,
  // A little less than AIDR takes in one call.
  '1 MB': 1_000_000,
};
export type Size = keyof typeof SIZES;

/** Bytes of JSON around the text. */
const ENVELOPE = 160;

/** Names the answer that the upstream is to give: `sse 2048`. */
export const ANSWER_HEADER = 'x-bench-answer';

export function prompt(bytes: number, isStreamed = false): string {
  const stream = isStreamed ? { stream: true } : {};
  return JSON.stringify({
    model: 'gpt-4o-mini',
    ...stream,
    messages: [{ role: 'user', content: text(bytes) }],
  });
}

/** What a coding agent sends in the middle of a session: 20 tools, a system prompt, a history of calls, 100 KB in all. */
export function agentPrompt(): string {
  const tools = Array.from({ length: 20 }, (_, index) => ({
    type: 'function',
    function: {
      name: `tool_${index}`,
      description: text(1_200),
      parameters: { type: 'object', properties: { path: { type: 'string', description: text(400) } } },
    },
  }));
  const turns = Array.from({ length: 10 }, (_, index) => [
    { role: 'user', content: `Step ${index}: ${text(800)}` },
    {
      role: 'assistant',
      content: text(500),
      tool_calls: [
        {
          id: `call_${index}`,
          type: 'function',
          function: { name: `tool_${index}`, arguments: '{"path":"src/a.ts"}' },
        },
      ],
    },
    { role: 'tool', tool_call_id: `call_${index}`, content: text(4_500) },
  ]);
  const messages = [
    { role: 'system', content: text(8_000) },
    ...turns.flat(),
    { role: 'user', content: 'Go on.' },
  ];
  return JSON.stringify({ model: 'gpt-4o-mini', stream: true, tools, messages });
}

export function answerText({ shape, bytes }: AnswerKind): string {
  return shape === 'sse' ? answerEvents(bytes).join('') : answer(bytes);
}

export function answer(bytes: number): string {
  return JSON.stringify({
    id: 'chatcmpl-bench',
    object: 'chat.completion',
    created: 1,
    model: 'gpt-4o-mini',
    choices: [{ index: 0, message: { role: 'assistant', content: text(bytes) }, finish_reason: 'stop' }],
  });
}

/** The events of a streamed answer, a few characters of text in each, as providers send them. */
export function answerEvents(bytes: number): string[] {
  const event = (content: string) =>
    `data: ${JSON.stringify({ id: 'chatcmpl-bench', object: 'chat.completion.chunk', created: 1, model: 'gpt-4o-mini', choices: [{ index: 0, delta: { content }, finish_reason: null }] })}\n\n`;
  const count = Math.max(1, Math.floor(bytes / event('word ').length));
  return [...Array.from({ length: count }, (_, i) => event(`w${i % 1000} `)), 'data: [DONE]\n\n'];
}

function text(bytes: number): string {
  return 'The quick brown fox jumps over the lazy dog. '
    .repeat(Math.ceil(bytes / 45))
    .slice(0, bytes - ENVELOPE);
}
