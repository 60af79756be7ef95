/** Both plugins' inspectors, made as the plugins make theirs, with a history and an AIDR of the dry run. */
import type { Aidr } from '../../aidr/session.ts';
import type { Provider } from '../../config/api-uri.ts';
import { ConfigurationError } from '../../config/load.ts';
import type { Direction } from '../../config/schema.ts';
import type { Extraction } from '../../formats/segment.ts';
import { createInspector } from '../../inspection/create-inspector.ts';
import type { HistoryCache } from '../../inspection/history/history.ts';
import type { Inspector } from '../../inspection/inspector.ts';
import type { Policy } from './policy.ts';
import { PolicyError } from './policy-error.ts';
import { type RecordedCall, recordingAidr } from './recording-aidr.ts';
import { standIn } from './stand-in.ts';

/** A real AIDR. The key is never shown. */
export interface RealAidr {
  url: string;
  key: string;
}

export interface PairOptions {
  provider: Provider;
  endpoint: string;
  policy: Policy;
  /** Undefined: the policy's patterns play it. */
  against: RealAidr | undefined;
  history: HistoryCache;
  onCall(call: RecordedCall): void;
  onRead?: (found: Extraction) => void;
}

export type PluginPair = Record<Direction, Inspector>;

/** Nobody is asked with it. */
const NO_KEY = 'dry-run';

/** @throws PolicyError where a plugin would not start */
export function pluginPair(options: PairOptions): PluginPair {
  const played = options.against ? undefined : standIn(options.policy);
  return {
    request: inspectorOf('request', options, played),
    response: inspectorOf('response', options, played),
  };
}

function inspectorOf(direction: Direction, options: PairOptions, played: Aidr | undefined): Inspector {
  const { provider, endpoint, policy, against, history, onCall, onRead } = options;
  const config = {
    ...policy.settings,
    upstream_llm: { provider, api_uri: endpoint },
    ai_guard_api_key: against?.key ?? NO_KEY,
    ...(against ? { ai_guard_api_base_url: against.url } : {}),
  };
  try {
    const { inspector } = createInspector(config, direction);
    const aidr = recordingAidr(played ?? inspector.aidr, onCall);
    return { ...inspector, aidr, history, ...(onRead ? { onRead } : {}) };
  } catch (error) {
    if (error instanceof ConfigurationError) throw new PolicyError(`the settings: ${error.message}`);
    throw error;
  }
}
