import { describe, expect, it } from 'vitest';
import { cpuMilliseconds } from '../../../testkit/cpu-time.ts';
import { type JsonDocument, parseJson } from '../../body/json/document.ts';
import { isTooMuch } from '../json-rpc.ts';
import type { PendingRequest, ReadMessage, RequestHead } from '../protocol.ts';
import { MCP } from './index.ts';

const POST: RequestHead = { method: 'POST', path: '/mcp', headers: {} };

describe('an answer', () => {
  it.each([
    ['the same id', '7', '7', 'tool_output'],
    ['a text for a number', '7', '"7"', 'tool_output'],
    ['a number for a text', '"7"', '7', 'tool_output'],
    ['another spelling of a number', '7', '7.000000000000000', 'tool_output'],
    ['another id', '7', '8', 'input'],
    ['a list with the id in it', '7', '[7]', 'input'],
    ['a list for the text of one', '"1,2"', '[1,2]', 'input'],
    ['the same list', '[1,2]', '[1,2]', 'tool_output'],
    ['an object that JavaScript stumbles over', '7', '{"toString":1}', 'input'],
    ['the same such object', '{"toString":1}', '{"toString":1}', 'tool_output'],
    ['nothing for the word of it', '"null"', 'null', 'input'],
    ['a word for nothing', 'null', '"null"', 'input'],
  ])('with %s is read as one to the request or not: %s, %s', (_what, asked, answered, event) => {
    const pending = asking([asked]);
    const [read] = answer(`{"jsonrpc":"2.0","id":${answered},"result":{"note":"a"}}`, pending);
    expect(read?.event).toBe(event);
  });

  it('is one to the request with exactly its id, of those that look alike', () => {
    const pending = [
      ...[...asking(['"7"'], 'prompts/get'), ...asking(['7'])],
      ...[...asking(['9007199254740993'], 'prompts/get'), ...asking(['"9007199254740992"'])],
    ];
    const nameOf = (id: string) => answer(`{"jsonrpc":"2.0","id":${id},"result":{}}`, pending)[0]?.name;
    expect(nameOf('"7"')).toBe('mcp.prompts-get');
    expect(nameOf('7')).toBe('mcp.tools-call');
    expect(nameOf('9007199254740992')).toBe('mcp.prompts-get');
  });

  it.each([
    ['texts', (at: number) => JSON.stringify(`${'x'.repeat(990)}${at}`)],
    ['numbers', (at: number) => `0.${'123456789'.repeat(105)}${at}`],
    ['lists', (at: number) => JSON.stringify([...'1234567890'.repeat(4).split('').map(Number), at])],
  ])('is read in linear time, with as many long ids as there can be: %s', (_what, id) => {
    const pending = asking(Array.from({ length: 1_000 }, (_, at) => id(at)));
    const other = (at: number) => `{"jsonrpc":"2.0","id":${id(1_000 + at)},"result":{}}`;
    const body = documentOf(`[${Array.from({ length: 1_000 }, (_, at) => other(at)).join()}]`);
    expect(
      cpuMilliseconds(() => {
        expect(MCP.readAnswer(body, exchangeWith(pending))).toHaveLength(1_000);
      }),
    ).toBeLessThan(1_000);
  });
});

describe('an id', () => {
  it.each<[string, string, boolean]>([
    ['a text', JSON.stringify('x'.repeat(998)), false],
    ['a longer text', JSON.stringify('x'.repeat(999)), true],
    ['a short list', '[1,2,3]', false],
    ['a longer one', JSON.stringify(Array.from({ length: 50 }, () => 1)), true],
    ['an object', `{"${'x'.repeat(100)}":1}`, true],
  ])('that is %s is kept, or too much for that', (_what, id, expected) => {
    for (const rest of ['"method":"ping"', '"result":{}'])
      expect(isTooMuch(JSON.parse(`{"jsonrpc":"2.0","id":${id},${rest}}`))).toBe(expected);
  });
});

function documentOf(text: string): JsonDocument {
  const parsed = parseJson(Buffer.from(text));
  if (!parsed.ok) throw new Error(parsed.problem);
  return parsed.document;
}

function asking(ids: readonly string[], method = 'tools/call'): PendingRequest[] {
  return ids.flatMap((id) => {
    const asked = documentOf(`{"jsonrpc":"2.0","id":${id},"method":"${method}"}`);
    return MCP.readRequest(asked, POST)?.flatMap(({ request }) => request ?? []) ?? [];
  });
}

function exchangeWith(pending: PendingRequest[]) {
  return { protocol: 'mcp', readsReply: true, pending } as const;
}

function answer(text: string, pending: PendingRequest[]): ReadMessage[] {
  return MCP.readAnswer(documentOf(text), exchangeWith(pending)) ?? [];
}
