import { expect, it } from 'vitest';
import { Collector } from '../formats/collector.ts';
import { createInspector } from './create-inspector.ts';
import { refuseUninspectable } from './inspect-extraction.ts';

it('a body of which a part was not looked at is refused, whatever may pass', () => {
  const { inspector } = createInspector(
    {
      ai_guard_api_key: 'pts_demo',
      upstream_llm: { provider: 'openai', api_uri: '/v1/chat/completions' },
      enforcing_strategy: 'enforce_but_ignore_on_error',
      on_uninspectable: 'allow',
    },
    'request',
  );
  const { extraction } = new Collector();
  expect(refuseUninspectable('request', inspector, extraction)).toBeUndefined();
  expect(refuseUninspectable('request', inspector, { ...extraction, isUnaccounted: true })).toMatchObject({
    outcome: 'failed_closed',
    rejection: { httpStatus: 500, reason: 'internal' },
  });
});
