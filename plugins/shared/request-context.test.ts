import { describe, expect, it } from 'vitest';
import {
  contextFromMarker,
  EMPTY_REQUEST_MARKER,
  type RequestContext,
  requestMarker,
} from './request-context.ts';

const CONTEXT: RequestContext = {
  caller: {
    ...{ consumer: '["ada",null]', user: 'ada', sourceIp: '10.0.0.1', service: 'llm', groups: 'staff' },
    route: 'chat',
    requestId: 'a1b2',
    fromHeaders: {
      ...{ session_id: 's', conversation_id: 'c', span_id: '00f067aa0ba902b7', hostname: 'h' },
      ...{ agent_type: 'subagent', is_agent: true, user_name: 'Ada', user_group: 'staff' },
    },
  },
  inspector: 'i',
  promptHash: 'h',
  path: '/v1/chat/completions',
  hadBody: true,
  encryptions: [{ context: 'c', values: ['4111'] }],
  exposed: { 'x-aidr': 'allowed' },
  asksForStream: true,
  prompt: { formats: ['openai.chat'], mayStream: true },
};

/** As the plugin of this version leaves it. */
const { version } = JSON.parse(requestMarker(CONTEXT).value);

describe('the context of a request', () => {
  it.each([
    ['whole', CONTEXT],
    [
      'with nothing but what is always there',
      { caller: {}, inspector: 'i', path: '/', hadBody: false, encryptions: [] },
    ],
  ])('comes back as it was left: %s', (_name, context) => {
    expect(contextFromMarker(requestMarker(context).value)).toEqual(context);
  });

  it.each([
    ['nothing', undefined],
    ['a plugin that learned nothing', EMPTY_REQUEST_MARKER.value],
    ['a version without a number', JSON.stringify(CONTEXT)],
    ['another version', JSON.stringify({ version: version - 1, context: CONTEXT })],
    ['what is no JSON', '{"version":'],
    ['a field that nobody knows', JSON.stringify({ version, context: { ...CONTEXT, admin: true } })],
    ['a field of another type', JSON.stringify({ version, context: { ...CONTEXT, encryptions: 'none' } })],
    ['a list', '[]'],
  ])('is not believed when it is %s', (_name, value) => {
    expect(contextFromMarker(value)).toBeUndefined();
  });
});
