/** A prompt on its way through an inspection that may replace something of it. */
import type { JsonDocument } from '../../body/json/document.ts';
import type { Reading } from '../../formats/read.ts';
import type { Segment } from '../../formats/segment.ts';
import type { AskedCall, GuardCallMetadata } from '../calls/ask.ts';
import type { HistoryScope } from '../history/history.ts';
import type { RequestCarryOver } from '../inspector.ts';
import type { Decision } from '../policy/decision.ts';

/** A prompt, and what is found in it. */
export interface ReadPrompt {
  document: JsonDocument;
  /** Undefined if the body is no object. */
  reading: Reading | undefined;
}

/** What AIDR was asked about a prompt that it blocked. */
export interface BlockedPrompt {
  scope: HistoryScope;
  metadata: GuardCallMetadata;
  asked: readonly AskedCall[];
  /** All texts in those calls, and in calls that were not waited for. */
  texts: readonly Segment[];
}

/** `blocked` is there if AIDR decided so. It holds content: it must go nowhere else. */
export type InspectedTexts = { decision: Decision; blocked?: BlockedPrompt } & RequestCarryOver;
