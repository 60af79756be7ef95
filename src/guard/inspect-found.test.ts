import { expect, it } from 'vitest';
import { Collector } from '../formats/collector.ts';
import { refuseFound } from './inspect-found.ts';
import { startGuard } from './start.ts';

it('a body of which a part was not looked at is refused, whatever may pass', () => {
  const { guard } = startGuard(
    {
      ai_guard_api_key: 'pts_demo',
      upstream_llm: { provider: 'openai', api_uri: '/v1/chat/completions' },
      enforcing_strategy: 'enforce_but_ignore_on_error',
      on_uninspectable: 'allow',
    },
    'request',
  );
  const { found } = new Collector();
  expect(refuseFound('request', guard, found)).toBeUndefined();
  expect(refuseFound('request', guard, { ...found, isUnaccounted: true })).toMatchObject({
    outcome: 'failed_closed',
    rejection: { httpStatus: 500, reason: 'internal' },
  });
});
