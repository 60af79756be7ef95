import { describe, expect, it } from 'vitest';
import { validate } from './request.ts';

const messages = [{ role: 'user', content: 'Hello' }];
const guard_input = { messages };
const tools = [{ name: 'calculator', description: 'Adds numbers', inputSchema: { type: 'object' } }];

const everyField = {
  guard_input,
  app_id: 'app',
  user_id: 'user',
  llm_provider: 'OpenAI',
  model: 'gpt',
  model_version: '3.5',
  source_ip: '192.0.2.7',
  source_location: 'US-CA',
  tenant_id: 'tenant',
  span_id: '00f067aa0ba902b7',
  event_type: 'input',
  collector_instance_id: 'collector',
  extra_info: {
    app_name: 'app',
    actor_name: 'older name',
    user_name: 'newer name',
    mcp_tools: [{ server_name: 'server', tools: ['search', 'query'] }],
    any_other_key: 1,
  },
  input_fpe_context: 'gAyHpblmIoUXKTiYY8xKiQ==',
  session_id: 's'.repeat(256),
  conversation_id: 'c',
  image_file_name: 'chrome.exe',
  process_sha256: 'ab'.repeat(32),
  process_tags: ['tag'],
  agent_type: 'chatbot',
  is_agent: false,
  process_id: '4242',
  hostname: 'host',
  domain: 'chat.example.com',
};

it('a request gives its context', () => {
  expect(validate(everyField)).toMatchObject({ fpeContext: everyField.input_fpe_context });
  expect(validate({ guard_input })).toMatchObject({ fpeContext: undefined });
});

describe('a request is accepted', () => {
  it.each<[string, object]>([
    ['with nothing but a message', { guard_input }],
    ['with every field of every version', everyField],
    ['with further members of guard_input', { guard_input: { messages, model: 'gpt', temperature: 0.2 } }],
    ['with choices instead of messages', { event_type: 'output', guard_input: { choices: [{ index: 0 }] } }],
    [
      'with text and image parts',
      {
        guard_input: {
          messages: [
            {
              role: 'user',
              content: [
                { type: 'text', text: 'What is this?' },
                { type: 'image_url', image_url: { url: 'data:image/png;base64,iVBORw0K' } },
              ],
            },
          ],
        },
      },
    ],
    [
      'with a turn that only calls tools',
      { guard_input: { messages: [{ role: 'assistant', content: null, tool_calls: [{ id: 'call_1' }] }] } },
    ],
    ['with an unknown role', { guard_input: { messages: [{ role: 'developer', content: 'Hi' }] } }],
    ['with tools alone', { event_type: 'tool_listing', guard_input: { tools } }],
    ['with tools and no messages', { event_type: 'tool_listing', guard_input: { messages: [], tools } }],
    ['for a tool call', { event_type: 'tool_input', guard_input }],
    [
      'for a tool result',
      { event_type: 'tool_output', guard_input: { messages: [{ role: 'tool', content: 'x' }] } },
    ],
  ])('%s', (_, body) => {
    expect(validate(body)).toMatchObject({ ok: true });
  });

  it('with the event type input unless it names another', () => {
    expect(validate({ guard_input })).toMatchObject({ eventType: 'input', guardInput: guard_input });
    expect(validate({ guard_input, event_type: 'output' })).toMatchObject({ eventType: 'output' });
  });
});

describe('a request is refused', () => {
  const message = (content: unknown) => ({ guard_input: { messages: [{ role: 'user', content }] } });
  const mcpTools = (mcp_tools: unknown) => ({ guard_input, extra_info: { mcp_tools } });

  it.each<[unknown, string, string]>([
    [{}, 'FieldRequired', '/guard_input'],
    [[], 'InvalidObject', ''],
    ['text', 'InvalidObject', ''],
    [null, 'InvalidObject', ''],
    [{ guard_input: 'text' }, 'InvalidObject', '/guard_input'],
    [{ guard_input, trace_id: 'x' }, 'UnexpectedProperty', '/trace_id'],
    [{ guard_input, recipe: 'x' }, 'UnexpectedProperty', '/recipe'],
    [{ guard_input, 'a/b~c': 1 }, 'UnexpectedProperty', '/a~1b~0c'],
    [{ guard_input, user_id: 7 }, 'InvalidString', '/user_id'],
    [{ guard_input, model: null }, 'InvalidString', '/model'],
    [{ guard_input, is_agent: 'no' }, 'InvalidBool', '/is_agent'],
    [{ guard_input, process_tags: 'tag' }, 'InvalidArray', '/process_tags'],
    [{ guard_input, extra_info: [] }, 'InvalidObject', '/extra_info'],
    [{ guard_input, event_type: 'prompt' }, 'NotEnumMember', '/event_type'],
    [{ guard_input, agent_type: 'robot' }, 'NotEnumMember', '/agent_type'],
    [{ guard_input, session_id: 'x'.repeat(257) }, 'AboveMaxLength', '/session_id'],
    [{ guard_input, conversation_id: 'x'.repeat(257) }, 'AboveMaxLength', '/conversation_id'],
    [{ guard_input, image_file_name: 'x'.repeat(513) }, 'AboveMaxLength', '/image_file_name'],
    [{ guard_input, process_sha256: 'x'.repeat(129) }, 'AboveMaxLength', '/process_sha256'],
    [{ guard_input, process_id: 'x'.repeat(129) }, 'AboveMaxLength', '/process_id'],
    [{ guard_input, hostname: 'x'.repeat(254) }, 'AboveMaxLength', '/hostname'],
    [{ guard_input, domain: 'x'.repeat(254) }, 'AboveMaxLength', '/domain'],
    [{ guard_input, input_fpe_context: 'not base64!' }, 'BadFormatBase64', '/input_fpe_context'],
    [{ guard_input: {} }, 'FieldRequired', '/guard_input/messages'],
    [{ guard_input: { messages: [] } }, 'BelowMinItems', '/guard_input/messages'],
    [{ guard_input: { messages: 'Hi' } }, 'InvalidArray', '/guard_input/messages'],
    [{ guard_input, event_type: 'tool_listing' }, 'FieldRequired', '/guard_input/tools'],
    [{ guard_input: { messages, tools: ['x'] } }, 'InvalidObject', '/guard_input/tools/0'],
    [{ guard_input: { messages: [{ content: 'x' }] } }, 'FieldRequired', '/guard_input/messages/0/role'],
    [{ guard_input: { messages: [{ role: 'user' }] } }, 'FieldRequired', '/guard_input/messages/0/content'],
    [message(7), 'InvalidString', '/guard_input/messages/0/content'],
    [message(null), 'InvalidString', '/guard_input/messages/0/content'],
    [message([{ type: 'text' }]), 'FieldRequired', '/guard_input/messages/0/content/0/text'],
    [message([{ type: 'input_audio' }]), 'NotEnumMember', '/guard_input/messages/0/content/0/type'],
    [mcpTools([{ server_name: '', tools: ['a'] }]), 'BelowMinLength', '/extra_info/mcp_tools/0/server_name'],
    [mcpTools([{ server_name: 's', tools: [] }]), 'BelowMinItems', '/extra_info/mcp_tools/0/tools'],
    [mcpTools([{ server_name: 's', tools: ['a', 'a'] }]), 'ItemNotUnique', '/extra_info/mcp_tools/0/tools'],
    [mcpTools([{ server_name: 's', tools: ['a'], x: 1 }]), 'UnexpectedProperty', '/extra_info/mcp_tools/0/x'],
  ])('%j: %s at %s', (body, code, source) => {
    expect(validate(body)).toEqual({ ok: false, errors: [{ code, detail: expect.any(String), source }] });
  });

  it('with every error named', () => {
    const checked = validate({ event_type: 'x', a: 1, b: 2 });
    expect(checked.ok ? [] : checked.errors.map(({ source }) => source).sort()).toEqual([
      '/a',
      '/b',
      '/event_type',
      '/guard_input',
    ]);
  });
});
