import { describe, expect, it } from 'vitest';
import { createInspector } from './create-inspector.ts';
import { inspectPrompt } from './inspect-prompt.ts';

/** With an AIDR that nobody can reach: what is refused here is refused before it is asked. */
async function decisionOn(body: string, more: object = {}, path = '/v1/chat/completions') {
  const { inspector } = createInspector(
    {
      ai_guard_api_key: 'pts_demo',
      ai_guard_api_base_url: 'http://127.0.0.1:1',
      upstream_llm: { provider: 'openai', api_uri: '/v1/chat/completions' },
      ...more,
    },
    'request',
  );
  const sent = {
    bytes: Buffer.from(body),
    contentType: 'application/json',
    encoding: undefined,
    path,
  };
  return (await inspectPrompt(inspector, sent, { caller: {} })).decision;
}

const numbers = (count: number) => `[${Array(count).fill('0').join()}]`;
const escaped = (json: string) => `{"a":"\\n","b":${json}}`;

/** @param inner what a tool is called with; @param beside what stands in the body beside the messages */
const prompt = (inner: string, beside: string) =>
  `{"messages":[{"role":"assistant","tool_calls":[{"function":{"name":"f","arguments":${JSON.stringify(inner)}}}]}],"x":${beside}}`;

describe('a prompt with more values than are read', () => {
  const IN_BODY = { httpStatus: 400, reason: 'the body is nested too deeply or has too many values' };
  const IN_STRING = { httpStatus: 413, reason: expect.stringMatching(/^a string of JSON in the body/) };

  it.each<[string, string, object]>([
    ['in the body', prompt('{}', numbers(200_000)), IN_BODY],
    ['in a string of JSON', prompt(escaped(numbers(200_000)), '0'), IN_STRING],
    ['in both together', prompt(escaped(numbers(80_000)), numbers(80_000)), IN_STRING],
  ])('is refused: %s', async (_name, body, rejection) => {
    expect(await decisionOn(body)).toMatchObject({ outcome: 'blocked', rejection });
  });

  it('passes where what cannot be inspected may, but for a body that two readers could read differently', async () => {
    const allow = { on_uninspectable: 'allow' };
    expect(await decisionOn(prompt(escaped(numbers(200_000)), '0'), allow)).toEqual({
      outcome: 'skipped',
      why: 'uninspectable body (too_many_values)',
    });
    expect(await decisionOn(prompt('{}', numbers(200_000)), allow)).toMatchObject({ rejection: IN_BODY });
  });
});

it.each(['/v1/chat/completions', '/v1/threads', '/v1/rerank', '/v1beta/files', '/anything'])(
  'a list is no prompt where no endpoint takes one: %s',
  async (path) => {
    const list = JSON.stringify([{ file_id: 'file-abc', text: 'Hello' }]);
    const rejection = { httpStatus: 400, reason: expect.stringMatching(/^the body is not what/) };
    expect(await decisionOn(list, { on_opaque: 'allow' }, path)).toMatchObject({
      outcome: 'blocked',
      rejection,
    });
  },
);
