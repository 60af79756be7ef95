/** Whether AIDR can be reached, takes the key of the environment, and judges by a policy; each with what to do if not. */
import type { Failure } from '../../aidr/failure.ts';
import { AidrSession } from '../../aidr/session.ts';
import type { Inspected } from '../../aidr/verdict.ts';
import { ConfigurationError } from '../../config/load.ts';
import { createInspector, type HostInspector } from '../../inspection/create-inspector.ts';
import { checkNetwork, isAboutOurCertificate, isWell, tlsFinding } from './aidr-network.ts';
import type { CheckResult } from './check.ts';

/** Milliseconds, for the whole call. */
const LIMIT = 5_000;

type Environment = Readonly<Record<string, string | undefined>>;

/** Asks for a verdict on two words, which AIDR records like every other. */
export async function checkAidr(env: Environment): Promise<CheckResult[]> {
  const { cs_aidr_token: key, cs_aidr_base_url: baseUrl } = env;
  const wrong = (finding: string): CheckResult[] => [{ subject: 'AIDR', isOk: false, finding }];
  if (!key) return wrong('CS_AIDR_TOKEN is not set');
  try {
    const { inspector } = createInspector(
      {
        ai_guard_api_key: key,
        ...(baseUrl ? { ai_guard_api_base_url: baseUrl } : {}),
        upstream_llm: { provider: 'openai', api_uri: 'auto' },
      },
      'request',
    );
    const reached = await checkNetwork(inspector.aidr.endpoint);
    return reached.every(isWell) ? [...reached, ...resultsOf(await ask(inspector))] : reached;
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    return wrong(error.message);
  }
}

async function ask({ aidr }: HostInspector): Promise<Inspected> {
  const session = new AidrSession(aidr, { timeout: LIMIT, caller: 'check', mayFailOpen: false });
  try {
    return await session.guard({
      event_type: 'input',
      guard_input: { messages: [{ role: 'user', content: 'health check' }] },
    });
  } finally {
    session.end();
  }
}

function resultsOf(inspected: Inspected): CheckResult[] {
  if (!inspected.ok) return failureOf(inspected.failure);
  const key: CheckResult = { subject: 'AIDR key', isOk: true, finding: 'AIDR accepts the key' };
  const { kind, policy } = inspected.verdict;
  const name = policy === undefined ? 'a policy without a name' : `policy ${policy}`;
  const isOk = kind !== 'blocked';
  const finding = isOk ? `${name} lets two harmless words pass` : `${name} ${BLOCKS_ALL}`;
  return [key, { subject: 'AIDR policy', isOk, finding }];
}

const BLOCKS_ALL = "blocks two harmless words: look at the collector's policy in AIDR's console";

function failureOf({ class: failureClass, detail }: Failure): CheckResult[] {
  const finding = `${failureClass}: ${detail}`;
  const code = /\((\w+)\)$/.exec(detail)?.[1] ?? '';
  if (isAboutOurCertificate(code)) return [{ subject: 'AIDR TLS', isOk: false, finding: tlsFinding(code) }];
  if (POLICY_DETAILS.test(detail))
    return [{ subject: 'AIDR policy', isOk: false, finding: `${finding}: ${POLICY_CURE}` }];
  if (failureClass !== 'unauthorized') {
    const cure = CURES[failureClass];
    return [{ subject: 'AIDR answer', isOk: false, finding: cure ? `${finding}: ${cure}` : finding }];
  }
  return [{ subject: 'AIDR key', isOk: false, finding: `${finding}: ${KEY_CURE}` }];
}

/** The key is known, and the collector cannot judge. */
const POLICY_DETAILS = /another status than Success$|status 403$/;
const POLICY_CURE = "look at the collector's type and its policy in AIDR's console";

const KEY_CURE = "copy the token from the collector's Config tab, and the base URL that stands beside it";

const CURES: Partial<Record<Failure['class'], string>> = {
  rejected_input: "check that the base URL is the one of the collector's Config tab, with its path",
  invalid_response: "check that the base URL is AIDR's, and that no proxy answers in its place",
  unreachable: 'it hung up: if it asks for a certificate of ours, name it with --client-cert',
  timeout: 'try again; if it stays so, ask CrowdStrike or whoever runs the network',
};
