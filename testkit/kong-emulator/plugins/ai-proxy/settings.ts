/** The configuration of ai-proxy as its code reads it. */

import type { PluginConfig } from '../plugin-config.ts';

export type RouteType = 'llm/v1/chat' | 'llm/v1/completions' | 'preserve';

export interface ModelOptions {
  readonly max_tokens?: number;
  readonly temperature?: number;
  readonly top_p?: number;
  readonly top_k?: number;
  readonly anthropic_version?: string;
  readonly upstream_url?: string;
  readonly upstream_path?: string;
}

export interface Settings {
  readonly route_type: RouteType;
  readonly auth?: {
    readonly header_name?: string;
    readonly header_value?: string;
    readonly allow_override?: boolean;
  };
  readonly model: {
    readonly provider: 'openai' | 'anthropic';
    readonly name?: string;
    readonly options?: ModelOptions;
  };
  readonly response_streaming?: 'allow' | 'deny' | 'always';
  readonly max_request_body_size: number;
  readonly model_name_header: boolean;
}

/** The settings with vault references as they stand now. */
export function settingsOf(config: PluginConfig): Settings {
  return config.values() as unknown as Settings;
}
