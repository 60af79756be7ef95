import { describe, expect, it } from 'vitest';
import { omittableThinking } from './signed-thinking.ts';

const thinking = { type: 'thinking', thinking: 'Hm.', signature: 's' };
const sealed = { type: 'redacted_thinking', data: 'd' };
const said = { type: 'text', text: 'Hello.' };
const call = { type: 'tool_use', id: 't', name: 'f', input: {} };
const result = { type: 'tool_result', tool_use_id: 't', content: 'ok' };

const user = (...content: unknown[]) => ({ role: 'user', content });
const assistant = (...content: unknown[]) => ({ role: 'assistant', content });
const asks = { role: 'user', content: 'And then?' };

/** Of the first thinking in the messages. */
const inPrompt = (...messages: { role: string; content: unknown }[]) => {
  const index = messages.findIndex(({ content }) => Array.isArray(content) && content.includes(thinking));
  const { content } = messages[index] as { content: unknown[] };
  const path = ['messages', index, 'content', content.indexOf(thinking), 'thinking'];
  return omittableThinking({ messages }, path, 'request');
};
const inAnswer = (content: unknown[], stop_reason: unknown = 'end_turn') =>
  omittableThinking({ content, stop_reason }, ['content', content.indexOf(thinking), 'thinking'], 'response');

describe('signed thinking in a prompt', () => {
  it.each([
    ['of an answered turn', [asks, assistant(thinking, said), asks], [['messages', 1, 'content', 0]]],
    [
      'and sealed thinking of the same message',
      [asks, assistant(sealed, thinking, said, sealed), asks],
      [0, 1, 3].map((index) => ['messages', 1, 'content', index]),
    ],
    [
      'of a tool loop that is over',
      [asks, assistant(thinking, call), user(result), assistant(said), asks, assistant(call), user(result)],
      [['messages', 1, 'content', 0]],
    ],
  ])('may be left out: %s', (_name, messages, places) => {
    expect(inPrompt(...messages)).toEqual(places);
  });

  it.each<[string, { role: string; content: unknown }[]]>([
    ['in the tool loop under way', [asks, assistant(thinking, call), user(result)]],
    ['whose result comes with words', [asks, assistant(thinking, call), user(result, said)]],
    [
      'whose result comes in a message before the words',
      [asks, assistant(thinking, call), user(result), asks],
    ],
    ['whose result comes in a message after words', [asks, assistant(thinking, call), asks, user(result)]],
    [
      'with more calls behind it',
      [asks, assistant(thinking, call), user(result), assistant(call), user(result)],
    ],
    ['of an answer that is prefilled', [asks, assistant(thinking, said)]],
    ['with nothing beside it', [asks, assistant(thinking), asks]],
    ['with an empty text beside it', [asks, assistant(thinking, { type: 'text', text: ' ' }), asks]],
    ['in a turn of the user', [user(thinking, said), assistant(said), asks]],
    ['before an empty turn', [asks, assistant(thinking, said), user()]],
    ['before a turn of no known shape', [asks, assistant(thinking, said), { role: 'user', content: 7 }]],
  ])('must stay: %s', (_name, messages) => {
    expect(inPrompt(...messages)).toBeUndefined();
  });

  it('stays where it is not in a message of a conversation', () => {
    const path = ['content', 0, 'thinking'];
    expect(omittableThinking(assistant(thinking, said), path, 'request')).toBeUndefined();
    expect(omittableThinking({}, ['messages', 0, 'content', 0], 'request')).toBeUndefined();
  });
});

describe('signed thinking in an answer', () => {
  it('may be left out of one that is finished', () => {
    expect(inAnswer([thinking, said])).toEqual([['content', 0]]);
    expect(inAnswer([sealed, thinking, said], 'max_tokens')).toEqual([
      ['content', 0],
      ['content', 1],
    ]);
  });

  it.each<[string, unknown[], unknown?]>([
    ['that calls a tool', [thinking, said, call], 'tool_use'],
    ['that calls a tool and says something else', [thinking, said, call]],
    ['with a call of a tool of the server', [thinking, said, { type: 'server_tool_use' }]],
    ['with a result of one', [thinking, said, { type: 'web_search_tool_result' }]],
    ['that is paused', [thinking, said], 'pause_turn'],
    ['of which nobody knows why it ended', [thinking, said], null],
    ['with nothing beside it', [thinking]],
  ])('must stay in one %s', (_name, content, reason = 'end_turn') => {
    expect(inAnswer(content, reason)).toBeUndefined();
  });

  it('follows the same rules in Bedrock Converse', () => {
    const reasoning = { reasoningContent: { reasoningText: { text: 'Hm.', signature: 's' } } };
    const path = ['output', 'message', 'content', 0, 'reasoningContent', 'reasoningText', 'text'];
    const answer = (stopReason: string, ...more: object[]) => ({
      output: { message: { role: 'assistant', content: [reasoning, { text: 'Hello.' }, ...more] } },
      stopReason,
    });
    expect(omittableThinking(answer('end_turn'), path, 'response')).toEqual([
      ['output', 'message', 'content', 0],
    ]);
    expect(omittableThinking(answer('tool_use'), path, 'response')).toBeUndefined();
    expect(omittableThinking(answer('end_turn', { toolUse: {} }), path, 'response')).toBeUndefined();
    const messages = (...last: object[]) => ({
      messages: [
        ...[
          { role: 'user', content: [{ text: 'Hi.' }] },
          { role: 'assistant', content: [reasoning, { toolUse: {} }] },
        ],
        ...last,
      ],
    });
    const at = ['messages', 1, 'content', 0, 'reasoningContent', 'reasoningText', 'text'];
    const toolResult = { role: 'user', content: [{ toolResult: {} }] };
    const after = [
      { role: 'assistant', content: [{ text: 'Ho.' }] },
      { role: 'user', content: [{ text: 'Hi.' }] },
    ];
    expect(omittableThinking(messages(toolResult), at, 'request')).toBeUndefined();
    expect(omittableThinking(messages(toolResult, ...after), at, 'request')).toEqual([
      ['messages', 1, 'content', 0],
    ]);
  });
});
