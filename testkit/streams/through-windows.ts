/** For tests: streams of several APIs, whose texts arrive in given pieces, and AIDR's part in windows of them. */

import { AWS } from '../../src/body/stream/aws-event-stream.ts';
import type { StreamDocument } from '../../src/body/stream/document.ts';
import type { Framing } from '../../src/body/stream/framing.ts';
import { SSE } from '../../src/body/stream/sse.ts';
import type { Change } from '../../src/body/text-changes.ts';
import type { Provider } from '../../src/config/api-uri.ts';
import type { Extraction, Segment } from '../../src/formats/segment.ts';
import { writeBack } from '../../src/formats/write-back.ts';
import { changesBySegment } from '../../src/inspection/redaction/reassemble-slices.ts';
import type { InspectionPass, WindowedStream } from '../../src/live/windows.ts';
import { encodeFrame } from './encode-frames.ts';

export interface StreamSample {
  name: string;
  framing: Framing;
  contentType: string;
  route: [Provider, string];
  /** @param texts pieces of each text, in the order in which they are written */
  frames(texts: readonly string[][]): (string | Uint8Array)[];
}

const sse = (value: object, name?: string) =>
  `${name === undefined ? '' : `event: ${name}\n`}data: ${JSON.stringify(value)}\n\n`;

const chunk = (index: number, delta: object, finish: string | null = null) =>
  sse({
    id: 'c',
    object: 'chat.completion.chunk',
    model: 'm',
    choices: [{ index, delta, finish_reason: finish }],
  });

const typed = (type: string, fields: object) => sse({ type, ...fields }, type);

/** The first pieces of all texts, then the second ones, and so on. */
function interleaved<Item>(lists: readonly Item[][]): Item[] {
  const length = Math.max(0, ...lists.map((list) => list.length));
  return Array.from({ length }, (_, index) => lists.flatMap((list) => list.slice(index, index + 1))).flat();
}

export const STREAM_SAMPLES: StreamSample[] = [
  {
    name: 'chat completions: reasoning, content, two tool calls',
    framing: SSE,
    contentType: 'text/event-stream',
    route: ['openai', '/v1/chat/completions'],
    frames: ([reasoning = [], content = [], ...calls]) => [
      chunk(0, { role: 'assistant', content: '' }),
      ...reasoning.map((text) => chunk(0, { reasoning_content: text })),
      ...content.map((text) => chunk(0, { content: text })),
      ...calls.flatMap((pieces, index) =>
        pieces.map((text) => chunk(0, { tool_calls: [{ index, function: { arguments: text } }] })),
      ),
      chunk(0, {}, 'stop'),
      'data: [DONE]\n\n',
    ],
  },
  {
    name: 'chat completions: choices side by side',
    framing: SSE,
    contentType: 'text/event-stream',
    route: ['openai', '/v1/chat/completions'],
    frames: (texts) => [
      ...interleaved(texts.map((pieces, index) => pieces.map((content) => chunk(index, { content })))),
      ...texts.map((_, index) => chunk(index, {}, 'stop')),
      'data: [DONE]\n\n',
    ],
  },
  {
    name: 'chat completions with log probabilities',
    framing: SSE,
    contentType: 'text/event-stream',
    route: ['openai', '/v1/chat/completions'],
    frames: ([content = []]) => [
      ...content.map((text) => {
        const logprobs = { content: [{ token: text, logprob: -1, bytes: null, top_logprobs: [] }] };
        return sse({ choices: [{ index: 0, delta: { content: text }, logprobs }] });
      }),
      'data: [DONE]\n\n',
    ],
  },
  {
    name: 'responses, where each text is told again',
    framing: SSE,
    contentType: 'text/event-stream',
    route: ['openai', '/v1/responses'],
    frames: (texts) => [
      typed('response.created', { response: { id: 'r', output: [] } }),
      ...texts.flatMap((pieces, index) => [
        ...pieces.map((delta) =>
          typed('response.output_text.delta', { output_index: index, content_index: 0, delta }),
        ),
        typed('response.output_text.done', { output_index: index, content_index: 0, text: pieces.join('') }),
      ]),
      typed('response.completed', {
        response: {
          id: 'r',
          output: texts.map((pieces) => ({
            type: 'message',
            role: 'assistant',
            content: [{ type: 'output_text', text: pieces.join('') }],
          })),
        },
      }),
    ],
  },
  {
    name: 'messages: thinking, text, tool use',
    framing: SSE,
    contentType: 'text/event-stream',
    route: ['anthropic', '/v1/messages'],
    frames: ([thinking = [], text = [], input = []]) => [
      typed('message_start', { message: { id: 'm', type: 'message', role: 'assistant', content: [] } }),
      typed('content_block_start', { index: 0, content_block: { type: 'thinking', thinking: '' } }),
      ...thinking.map((piece) =>
        typed('content_block_delta', { index: 0, delta: { type: 'thinking_delta', thinking: piece } }),
      ),
      typed('content_block_stop', { index: 0 }),
      ': ping\n\n',
      typed('content_block_start', { index: 1, content_block: { type: 'text', text: '' } }),
      ...text.map((piece) =>
        typed('content_block_delta', { index: 1, delta: { type: 'text_delta', text: piece } }),
      ),
      typed('content_block_stop', { index: 1 }),
      typed('content_block_start', {
        index: 2,
        content_block: { type: 'tool_use', id: 't', name: 'f', input: {} },
      }),
      ...input.map((piece) =>
        typed('content_block_delta', { index: 2, delta: { type: 'input_json_delta', partial_json: piece } }),
      ),
      typed('content_block_stop', { index: 2 }),
      typed('message_delta', { delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 9 } }),
      typed('message_stop', {}),
    ],
  },
  {
    name: 'Gemini: candidates side by side',
    framing: SSE,
    contentType: 'text/event-stream',
    route: ['gemini', 'streamGenerateContent'],
    frames: (texts) =>
      interleaved(
        texts.map((pieces, index) =>
          pieces.map((text) =>
            sse({ candidates: [{ index, content: { role: 'model', parts: [{ text }] } }] }),
          ),
        ),
      ),
  },
  {
    name: 'Cohere: plan, text',
    framing: SSE,
    contentType: 'text/event-stream',
    route: ['cohere', '/v2/chat'],
    frames: ([plan = [], text = []]) => [
      typed('message-start', { id: 'm', delta: { message: { role: 'assistant' } } }),
      ...plan.map((piece) => typed('tool-plan-delta', { delta: { message: { tool_plan: piece } } })),
      ...text.map((piece) =>
        typed('content-delta', { index: 0, delta: { message: { content: { text: piece } } } }),
      ),
      typed('message-end', { delta: { finish_reason: 'COMPLETE' } }),
    ],
  },
  {
    name: 'Converse: blocks one after the other',
    framing: AWS,
    contentType: 'application/vnd.amazon.eventstream',
    route: ['bedrock', 'converse-stream'],
    frames: (texts) => {
      const frame = (type: string, payload: object) =>
        encodeFrame({ headers: { ':event-type': type }, payload: JSON.stringify(payload) });
      return [
        frame('messageStart', { role: 'assistant' }),
        ...texts.flatMap((pieces, contentBlockIndex) =>
          pieces.map((text) => frame('contentBlockDelta', { contentBlockIndex, delta: { text } })),
        ),
        frame('messageStop', { stopReason: 'end_turn' }),
      ];
    },
  },
];

/** @param sizes of the chunks, over and over */
export function cut(bytes: Uint8Array, sizes: readonly number[]): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  for (let at = 0, index = 0; at < bytes.length; index++) {
    const size = sizes[index % sizes.length] ?? 1;
    chunks.push(bytes.subarray(at, at + size));
    at += size;
  }
  return chunks;
}

/**
 * @param latency chunks that arrive while AIDR thinks
 * @param redact what AIDR makes of a text
 * @param onLate called when a redaction is due in what was already sent; throws unless told otherwise
 * @returns what the client gets; undefined when a change cannot be made, or the stream cannot be read
 */
export function throughWindows(
  stream: WindowedStream,
  chunks: readonly Uint8Array[],
  latency: number,
  redact: (text: string) => string,
  onLate: () => void = () => {
    throw new Error('a redaction came too late');
  },
): Uint8Array | undefined {
  const sent: Uint8Array[] = [];
  let isRefused = false;
  const settle = (pass: InspectionPass) => {
    const released = stream.commit(pass, verdictOf(pass, redact));
    if (released.ok) sent.push(...released.bytes);
    else isRefused = true;
    if (released.ok && released.isLate) onLate();
  };
  let pass: InspectionPass | undefined;
  let left = 0;
  for (const chunk of chunks) {
    stream.push(chunk);
    if (pass && --left <= 0) {
      settle(pass);
      pass = undefined;
    }
    if (!pass && stream.isDue) {
      pass = stream.begin(false);
      left = latency;
    }
  }
  if (pass) settle(pass);
  stream.end();
  const last = stream.begin(true);
  if (last) settle(last);
  return isRefused || !last ? undefined : Buffer.concat(sent);
}

/** The changes are found as they are in AIDR's answer, which is a text. */
function verdictOf({ windows }: InspectionPass, redact: (text: string) => string): Map<Segment, Change[]> {
  const returned = [...windows].map(([segment, { start, end }]) => {
    const text = segment.text.slice(start, end);
    return { part: { segment, whole: segment.text, start, text, role: segment.role }, text: redact(text) };
  });
  const changes = changesBySegment(returned);
  if (!changes) throw new Error('slices of one text do not fit together');
  return changes;
}

/** @returns what buffered mode sends; undefined when a change cannot be made */
export function inOnePiece(
  document: StreamDocument,
  found: Extraction,
  redact: (text: string) => string,
): Uint8Array | undefined {
  const rewrites = found.segments
    .map((segment) => ({ segment, text: redact(segment.text) }))
    .filter(({ segment, text }) => text !== segment.text);
  const written = writeBack(document.value, rewrites);
  return written.ok ? document.apply(written.edits) : undefined;
}
