/** Whether AIDR answers, and takes the key of the environment. */
import { AidrSession } from '../../aidr/session.ts';
import { ConfigurationError } from '../../config/load.ts';
import { createInspector } from '../../inspection/create-inspector.ts';
import type { CheckResult } from './check.ts';

/** Milliseconds, for the whole call. */
const LIMIT = 5_000;

type Environment = Readonly<Record<string, string | undefined>>;

/** Asks for a verdict on two words, which AIDR records like every other. */
export async function checkAidr(env: Environment): Promise<CheckResult> {
  const { CS_AIDR_TOKEN: key, CS_AIDR_BASE_URL: baseUrl } = env;
  if (!key) return { subject: 'AIDR', isOk: false, finding: 'CS_AIDR_TOKEN is not set' };
  try {
    return { subject: 'AIDR', ...(await ask(key, baseUrl)) };
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    return { subject: 'AIDR', isOk: false, finding: error.message };
  }
}

async function ask(key: string, baseUrl: string | undefined): Promise<Pick<CheckResult, 'isOk' | 'finding'>> {
  const { inspector } = createInspector(
    {
      ai_guard_api_key: key,
      ...(baseUrl ? { ai_guard_api_base_url: baseUrl } : {}),
      upstream_llm: { provider: 'openai', api_uri: 'auto' },
    },
    'request',
  );
  const session = new AidrSession(inspector.aidr, { timeout: LIMIT, caller: 'check', mayFailOpen: false });
  try {
    const inspected = await session.guard({
      event_type: 'input',
      guard_input: { messages: [{ role: 'user', content: 'health check' }] },
    });
    if (inspected.ok) return { isOk: true, finding: 'answers and accepts the key' };
    return { isOk: false, finding: `${inspected.failure.class}: ${inspected.failure.detail}` };
  } finally {
    session.end();
  }
}
