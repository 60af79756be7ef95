import { describe, expect, it } from 'vitest';
import { cpuMilliseconds } from '../../testkit/cpu-time.ts';
import type { StreamEvent } from '../body/stream/document.ts';
import { omittableEvents } from './streamed-thinking.ts';

const event = (type: string, fields: object = {}): StreamEvent => ({
  name: type,
  value: { type, ...fields },
});
const start = (index: number, content_block: object) =>
  event('content_block_start', { index, content_block });
const delta = (index: number, one: object) => event('content_block_delta', { index, delta: one });
const stop = (index: number) => event('content_block_stop', { index });

const BEGIN = event('message_start', { message: { role: 'assistant', content: [] } });
const END = event('message_delta', { delta: { stop_reason: 'end_turn' } });
const THOUGHT = { type: 'thinking', thinking: '', signature: '' };
const TEXT = { type: 'text', text: '' };
const thinks = (index: number) => [
  start(index, THOUGHT),
  delta(index, { type: 'thinking_delta', thinking: 'Hm.' }),
  delta(index, { type: 'signature_delta', signature: 'c2ln' }),
  stop(index),
];
const says = (index: number, text = 'Yes.') => [
  start(index, TEXT),
  delta(index, { type: 'text_delta', text }),
  stop(index),
];

describe('the thinking of a stream', () => {
  it('goes with all its events, and what is behind it is counted again', () => {
    const hidden = [start(1, { type: 'redacted_thinking', data: 'Z3Vlc3M=' }), stop(1)];
    const ping: StreamEvent = { name: 'ping', value: { type: 'ping' } };
    expect(omittableEvents([BEGIN, ping, ...thinks(0), ...hidden, ...says(2), END])).toEqual([
      ...[2, 3, 4, 5, 6, 7].map((index) => ({ path: [index], removed: true })),
      ...[8, 9, 10].map((index) => ({ path: [index, 'index'], json: '0' })),
    ]);
  });

  it('goes from behind a text, which keeps its number', () => {
    expect(omittableEvents([BEGIN, ...says(0), ...thinks(1), END])).toEqual(
      [4, 5, 6, 7].map((index) => ({ path: [index], removed: true })),
    );
  });

  it.each<[string, StreamEvent[]]>([
    ['has no beginning', [...thinks(0), ...says(1), END]],
    ['has two of them', [BEGIN, BEGIN, ...thinks(0), ...says(1), END]],
    [
      'begins with content',
      [event('message_start', { message: { content: [TEXT] } }), ...thinks(0), ...says(1), END],
    ],
    ['has no end', [BEGIN, ...thinks(0), ...says(1)]],
    ['has two ends', [BEGIN, ...thinks(0), ...says(1), END, END]],
    ['has another end', [BEGIN, ...thinks(0), ...says(1), event('message_delta', { delta: {} })]],
    ['has nothing else', [BEGIN, ...thinks(0), END]],
    ['has nothing else but blanks', [BEGIN, ...thinks(0), ...says(1, ' \n'), END]],
    ['calls a tool', [BEGIN, ...thinks(0), ...says(1), start(2, { type: 'tool_use' }), stop(2), END]],
    [
      'calls a tool of the provider',
      [BEGIN, ...thinks(0), ...says(1), start(2, { type: 'server_tool_use' }), stop(2), END],
    ],
    [
      'has arguments without a call',
      [BEGIN, ...thinks(0), ...says(1), delta(1, { type: 'input_json_delta', partial_json: '{}' }), END],
    ],
    ['thinks in a block of text', [BEGIN, ...says(0), delta(0, { type: 'thinking_delta' }), END]],
    [
      'adds something unknown to a thought',
      [BEGIN, ...thinks(0), delta(0, { type: 'memo_delta', memo: 'x' }), ...says(1), END],
    ],
    ['ends a block that never began', [BEGIN, ...thinks(0), ...says(1), stop(2), END]],
  ])('stays where the stream %s', (_what, events) => {
    expect(omittableEvents(events)).toBeUndefined();
  });

  it('is found in linear time among a hundred thousand blocks', () => {
    const spoken = Array.from({ length: 100_000 }, (_, index) => says(index + 1)).flat();
    const events = [BEGIN, ...thinks(0), ...spoken, END];
    expect(cpuMilliseconds(() => omittableEvents(events))).toBeLessThan(5_000);
  });

  it('of Bedrock goes by what the deltas of a block are', () => {
    const frame = (name: string, value: object): StreamEvent => ({ name, value });
    const at = (contentBlockIndex: number, one: object) =>
      frame('contentBlockDelta', { contentBlockIndex, delta: one });
    const events = [
      frame('messageStart', { role: 'assistant' }),
      at(0, { reasoningContent: { text: 'Hm.' } }),
      frame('contentBlockStop', { contentBlockIndex: 0 }),
      at(1, { text: 'Yes.' }),
      frame('contentBlockStop', { contentBlockIndex: 1 }),
      frame('messageStop', { stopReason: 'end_turn' }),
    ];
    expect(omittableEvents(events)).toEqual([
      { path: [1], removed: true },
      { path: [2], removed: true },
      { path: [3, 'contentBlockIndex'], json: '0' },
      { path: [4, 'contentBlockIndex'], json: '0' },
    ]);
    const call = frame('contentBlockStart', { contentBlockIndex: 2, start: { toolUse: { name: 'read' } } });
    expect(omittableEvents([...events, call])).toBeUndefined();
  });
});
