import { describe, expect, it } from 'vitest';
import type { Role, Segment } from '../../formats/segment.ts';
import { guardInput, type Part, type PlannedCall } from '../calls/plan-calls.ts';
import { redactionOf } from './redaction.ts';

const places = {
  name: [],
  description: ['tools', 0, 'function', 'description'],
  parameters: ['tools', 0, 'function', 'parameters'],
};
const parameters = {
  type: 'object',
  required: ['ssn'],
  properties: { ssn: { description: 'secret', minLength: 9 } },
};

function part(role: Role, text: string, index: number): Part {
  const pieces = [{ path: ['messages', index, 'content'], text }];
  const segment: Segment = { role, kind: 'text', text, pieces, copies: [], derived: [] };
  return { segment, whole: text, text, start: 0, role };
}

const sent: PlannedCall = {
  parts: [part('system', 'a', 0), part('user', 'b', 1)],
  tools: [{ name: 'f', description: 'd', parameters, places }],
};
const input = guardInput(sent);

/** What AIDR returns: what was sent, with changes. */
function returned(
  messages: unknown = input.messages,
  definition: unknown = input.tools?.[0]?.function,
): unknown {
  return {
    messages,
    tools: definition === undefined ? undefined : [{ type: 'function', function: definition }],
  };
}

const redacted = [
  { role: 'system', content: 'a' },
  { role: 'user', content: '*' },
];
const f = { name: 'f', description: 'd', parameters };

describe('a redaction', () => {
  it('edits the texts that changed, where they stand', () => {
    expect(redactionOf(sent, returned(redacted))).toEqual({
      ok: true,
      returned: [{ part: sent.parts[1], text: '*' }],
      tools: [],
    });
  });

  it('edits strings inside tool definitions', () => {
    const properties = { ssn: { description: '*', minLength: 9 } };
    expect(
      redactionOf(
        sent,
        returned(undefined, { ...f, description: '', parameters: { ...parameters, properties } }),
      ),
    ).toEqual({
      ok: true,
      returned: [],
      tools: [
        {
          tool: sent.tools[0],
          edits: [
            { path: ['description'], text: '' },
            { path: ['parameters', 'properties', 'ssn', 'description'], text: '*' },
          ],
        },
      ],
    });
  });

  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['a list', []],
    ['no messages', { tools: input.tools }],
    ['messages that are no list', returned('*')],
    ['a message too few', returned(redacted.slice(1))],
    ['a message too many', returned([...redacted, ...redacted])],
    ['messages in another order', returned([...redacted].reverse())],
    ['another role', returned([redacted[0], { role: 'assistant', content: '*' }])],
    ['no content', returned([redacted[0], { role: 'user' }])],
    [
      'content that is no string',
      returned([redacted[0], { role: 'user', content: [{ type: 'text', text: '*' }] }]),
    ],
    ['a message that is null', returned([redacted[0], null])],
    ['no tools', { messages: redacted }],
    ['a tool too many', { messages: redacted, tools: [{ function: f }, { function: f }] }],
    ['another tool', returned(redacted, { ...f, name: 'g' })],
    ['a tool without its description', returned(redacted, { name: 'f', parameters })],
    [
      'a tool with a field less',
      returned(redacted, { ...f, parameters: { type: 'object', required: ['ssn'] } }),
    ],
    [
      'a tool with another number',
      returned(redacted, {
        ...f,
        parameters: { ...parameters, properties: { ssn: { description: 'secret', minLength: 8 } } },
      }),
    ],
    [
      'a tool with a longer list',
      returned(redacted, { ...f, parameters: { ...parameters, required: ['ssn', 'x'] } }),
    ],
    ['what was sent', returned()],
  ])('is not applied when AIDR returns %s', (_name, guardOutput) => {
    expect(redactionOf(sent, guardOutput)).toMatchObject({ ok: false, detail: expect.any(String) });
  });
});
