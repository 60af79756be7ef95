import { describe, expect, it } from 'vitest';
import { HEADER_FIELDS, type HeaderField } from '../../config/metadata-fields.ts';
import { headerMetadata } from './header-metadata.ts';

const tell = (headers: Record<string, string>, named?: Partial<Record<HeaderField, string>>) =>
  headerMetadata(named ? { metadata_from_headers: named } : {}, (name) => headers[name]);

const TRACE = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';

describe('what headers tell', () => {
  it('is each field by the header that is named for it, whatever the case of its name', () => {
    const named = Object.fromEntries(HEADER_FIELDS.map((field) => [field, `X-${field}`]));
    const values = {
      ...{ 'x-session_id': 's 1', 'x-conversation_id': ' c-2 ', 'x-span_id': 'abc', 'x-hostname': 'h' },
      ...{ 'x-agent_type': 'Code-Assistant', 'x-is_agent': 'TRUE', 'x-user_name': 'Jürgen ☂' },
      'x-user_group': 'staff, ops',
    };
    expect(tell(values, named)).toEqual({
      ...{ session_id: 's 1', conversation_id: 'c-2', span_id: 'abc', hostname: 'h' },
      ...{ agent_type: 'code-assistant', is_agent: true, user_name: 'Jürgen ☂', user_group: 'staff, ops' },
    });
  });

  it('is nothing of headers that nobody has named', () => {
    expect(tell({ session_id: 's', 'x-session-id': 's', authorization: 'Bearer sk-1' })).toBeUndefined();
    expect(tell({ 'x-other': 's' }, { session_id: 'x-session-id' })).toBeUndefined();
  });

  it.each<[string, string]>([
    ['a control character', 'a\u0007b'],
    ['a line break', 'a\nb'],
    ['a line separator', 'a\u2028b'],
    ['an invisible character', 'a\u200bb'],
    ['half a character', 'a\ud83d'],
    ['bytes that were no UTF-8', 'a\ufffdb'],
    ['nothing but blanks', '  '],
  ])('is nothing where a value holds %s', (_name, value) => {
    expect(tell({ h: value }, { session_id: 'h' })).toBeUndefined();
  });

  it.each<[HeaderField, string, unknown]>([
    ['is_agent', 'false', false],
    ['is_agent', '1', undefined],
    ['is_agent', 'true, false', undefined],
    ['agent_type', 'subagent', 'subagent'],
    ['agent_type', 'UnexpectedProperty', undefined],
    ['session_id', 'x'.repeat(300), 'x'.repeat(256)],
    ['conversation_id', `${'x'.repeat(255)}🔥`, 'x'.repeat(255)],
    ['hostname', 'x'.repeat(300), 'x'.repeat(253)],
    ['user_name', 'x'.repeat(300), 'x'.repeat(256)],
  ])('as %s %s is %s', (field, value, expected) => {
    expect(tell({ h: value }, { [field]: 'H' })?.[field]).toEqual(expected);
  });

  it.each<[string, string | undefined]>([
    [TRACE, '00f067aa0ba902b7'],
    [`${TRACE.replace('00-', '01-')}-more`, '00f067aa0ba902b7'],
    [TRACE.replace('00f067aa0ba902b7', '0000000000000000'), undefined],
    [TRACE.replace('4bf92f3577b34da6a3ce929d0e0e4736', '0'.repeat(32)), undefined],
    [TRACE.replace('00-', 'ff-'), undefined],
    [TRACE.toUpperCase(), undefined],
    [`${TRACE}, ${TRACE}`, undefined],
    ['UnexpectedProperty', undefined],
    [`x${TRACE}`, undefined],
  ])('of the trace %s is the span %s', (traceparent, span) => {
    expect(tell({ traceparent })?.span_id).toBe(span);
  });

  it('is the span of the header that is named for it before that of the trace', () => {
    expect(tell({ traceparent: TRACE, b: 'b3' }, { span_id: 'B' })).toEqual({ span_id: 'b3' });
    expect(tell({ traceparent: TRACE }, { span_id: 'B' })).toEqual({ span_id: '00f067aa0ba902b7' });
  });
});
