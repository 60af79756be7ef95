import { describe, expect, it } from 'vitest';
import { toolResultAround } from './tool-results.ts';

const NOTICE = 'It was "removed".';

const becomes = (body: object, path: (string | number)[]) => {
  const result = toolResultAround(body, path);
  return result && { path: result.path, becomes: JSON.parse(result.replacement(NOTICE)) };
};

describe('what a tool returned', () => {
  it.each<[string, object, (string | number)[], (string | number)[], unknown]>([
    [
      'Anthropic',
      { content: [{ type: 'tool_result', tool_use_id: 't', content: [{ text: 'x' }], note: 'x' }] },
      ['content', 0, 'content', 0, 'text'],
      ['content', 0],
      { type: 'tool_result', tool_use_id: 't', content: NOTICE, is_error: true },
    ],
    [
      "Anthropic, of a server's tool",
      { content: [{ type: 'mcp_tool_result', tool_use_id: 't', is_error: false, content: 'x' }] },
      ['content', 0, 'content'],
      ['content', 0],
      { type: 'mcp_tool_result', tool_use_id: 't', content: NOTICE, is_error: true },
    ],
    [
      'Bedrock',
      { content: [{ toolResult: { toolUseId: 't', status: 'success', content: [{ json: { a: 'x' } }] } }] },
      ['content', 0, 'toolResult', 'content', 0, 'json', 'a'],
      ['content', 0, 'toolResult'],
      { toolUseId: 't', content: [{ text: NOTICE }], status: 'error' },
    ],
    [
      'Gemini',
      { parts: [{ functionResponse: { id: 'i', name: 'f', response: { a: 'x' }, parts: [] } }] },
      ['parts', 0, 'functionResponse', 'response', 'a'],
      ['parts', 0, 'functionResponse'],
      { id: 'i', name: 'f', response: { error: NOTICE } },
    ],
    [
      'Gemini in its other spelling',
      { parts: [{ function_response: { name: 'f', response: { a: 'x' } } }] },
      ['parts', 0, 'function_response', 'response', 'a'],
      ['parts', 0, 'function_response'],
      { name: 'f', response: { error: NOTICE } },
    ],
    [
      'chat completions, in parts',
      { messages: [{ role: 'function', name: 'f', content: [{ type: 'text', text: 'x' }] }] },
      ['messages', 0, 'content', 0, 'text'],
      ['messages', 0, 'content'],
      NOTICE,
    ],
    [
      'Responses',
      { input: [{ type: 'custom_tool_call_output', output: 'x' }] },
      ['input', 0, 'output'],
      ['input', 0, 'output'],
      NOTICE,
    ],
    [
      'Responses, of a server of tools',
      { input: [{ type: 'mcp_call', output: 'x' }] },
      ['input', 0, 'output'],
      ['input', 0, 'output'],
      NOTICE,
    ],
    [
      'Responses, of a shell',
      { input: [{ type: 'shell_call_output', output: [{ stdout: 'x' }] }] },
      ['input', 0, 'output', 0, 'stdout'],
      ['input', 0, 'output'],
      [{ stdout: '', stderr: NOTICE, outcome: { type: 'exit', exit_code: 1 } }],
    ],
    [
      'Cohere, version 1',
      { tool_results: [{ call: { name: 'f' }, outputs: [{ a: 'x' }] }] },
      ['tool_results', 0, 'outputs', 0, 'a'],
      ['tool_results', 0, 'outputs'],
      [{ error: NOTICE }],
    ],
    [
      'one in another, the outer one',
      { messages: [{ role: 'tool', content: [{ type: 'tool_result', content: 'x' }] }] },
      ['messages', 0, 'content', 0, 'content'],
      ['messages', 0, 'content'],
      NOTICE,
    ],
  ])('becomes a notice: %s', (_name, body, path, place, replacement) => {
    expect(becomes(body, path)).toEqual({ path: place, becomes: replacement });
  });

  it.each<[string, object, (string | number)[]]>([
    [
      'a screenshot',
      { input: [{ type: 'computer_call_output', output: { a: 'x' } }] },
      ['input', 0, 'output', 'a'],
    ],
    ['a message of the user', { messages: [{ role: 'user', content: 'x' }] }, ['messages', 0, 'content']],
    ['the name of a tool', { messages: [{ role: 'tool', name: 'x' }] }, ['messages', 0, 'name']],
    ['the arguments of a call', { tool_results: [{ call: { a: 'x' } }] }, ['tool_results', 0, 'call', 'a']],
    ['what is not there', {}, ['messages', 0, 'content', 0]],
  ])('has no place for a notice: %s', (_name, body, path) => {
    expect(toolResultAround(body, path)).toBeUndefined();
  });
});
