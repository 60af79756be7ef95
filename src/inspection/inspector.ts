/** What one inspection is made of: the instance it runs in, the body, and what is known of the request. */
import type { Vault } from '../aidr/collector-key.ts';
import type { Aidr } from '../aidr/session.ts';
import type { AnyConfig, McpConfig } from '../config/mcp-schema.ts';
import type { Config } from '../config/schema.ts';
import type { RouteFormats } from '../formats/registry.ts';
import type { Extraction } from '../formats/segment.ts';
import type { Caller } from './calls/metadata.ts';
import type { Encryption } from './encryption/encryption.ts';
import type { HistoryCache, HistoryScope } from './history/history.ts';
import type { LocalRules } from './patterns/local-rules.ts';
import type { Decision } from './policy/decision.ts';
import type { InspectionStats } from './report/inspection-stats.ts';

/** What all inspections of one plugin instance share, whichever plugin it is. */
export interface AnyInspector<Settings extends AnyConfig = AnyConfig> {
  config: Settings;
  /** The same for every instance of the same configuration, in all of Kong's workers. */
  id: string;
  aidr: Aidr;
  history: HistoryCache;
  /** Undefined without patterns. */
  localRules: LocalRules | undefined;
  /** Hears what was found in a body before anything is decided; only tools that explain bodies do. */
  onRead?(found: Extraction): void;
}

/** Of a plugin for LLM APIs. */
export interface Inspector extends AnyInspector<Config> {
  formats: RouteFormats;
}

/** Of the plugin for MCP and its kin. */
export type MessageInspector = AnyInspector<McpConfig>;

/** Without its content coding. */
export interface PlainBody {
  bytes: Uint8Array;
  /** The `content-type` header's value. */
  contentType: string | undefined;
  /** The request's path, as the client sent it. */
  path: string;
  /** The client signed the bytes, so they must not be changed. */
  isSigned?: boolean;
}

/** What is known of an answer besides its bytes. */
interface AnswerHead {
  status: number;
  /** Whether the request that it answers had a body, and so was one that the format knows. */
  requestHadBody: boolean;
}

export type PlainAnswer = PlainBody & AnswerHead;

interface Coded {
  /** The `content-encoding` header's value. */
  encoding: string | undefined;
}

export type Body = PlainBody & Coded;
export type Answer = PlainAnswer & Coded;

/** What is known of a request besides its body. */
export interface InspectionRequest {
  caller: Caller;
  /** Absent outside a phase. */
  vault?: Vault;
  /** Aborts when nobody waits for the answer any more, or as revoked (fair-share/revocation.ts). */
  signal?: AbortSignal;
  /**
   * Of a prompt: called when only AIDR's verdict is missing, and nothing that is known refuses or changes the prompt. It may
   * be called again.
   */
  onUndecided?: (prompt: UndecidedPrompt) => void;
}

/** What the request plugin leaves for the response plugin. */
export interface RequestCarryOver {
  /** What the prompt's verdicts encrypted. */
  encryptions: Encryption[];
  /** Where turns already inspected of this conversation are kept. */
  history?: HistoryScope;
}

export interface Inspection {
  decision: Decision;
  stats: InspectionStats;
}

/** What a prompt says of the answer to it. */
export interface AskedAnswer {
  asksForStream: boolean;
  /** Some reader may understand the body as asking for a stream. */
  mayStream: boolean;
  /** Nothing but media can answer it. */
  asksForMedia?: true;
}

export interface InspectedPrompt extends Inspection, RequestCarryOver, AskedAnswer {}

/** What is known of a prompt without AIDR's verdict. */
export interface UndecidedPrompt extends RequestCarryOver, AskedAnswer {
  /** Names of the body formats that read it. */
  formats: string[];
}
