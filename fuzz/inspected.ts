/** What has to hold of a body that was read, whether it is one JSON value or a stream of them. */

import { isDeepStrictEqual } from 'node:util';
import type { Verdict } from '../src/aidr/verdict.ts';
import type { JsonDocument } from '../src/body/json/document.ts';
import type { Path } from '../src/body/json/edit.ts';
import { loadConfig } from '../src/config/load.ts';
import type { Direction } from '../src/config/schema.ts';
import type { Reading } from '../src/formats/read.ts';
import type { Extraction } from '../src/formats/segment.ts';
import type { AskedCall } from '../src/inspection/calls/ask.ts';
import {
  guardInput,
  type PlannedCall,
  planInput,
  planOutput,
  turnsOf,
} from '../src/inspection/calls/plan-calls.ts';
import { apply, combineVerdicts } from '../src/inspection/policy/enforcement.ts';
import type { Route } from '../testkit/samples/index.ts';
import { hideMarkers } from './marker.ts';
import { isDeclared } from './non-text-fields.ts';
import { type Leaf, leavesOf } from './string-leaves.ts';

/** A body that is not refused, because what is in it can be inspected. */
export function isInspectable(reading: Reading | undefined): reading is Reading {
  if (!reading?.isRecognised) return false;
  const { isTooMuch, hasTooManyValues, unreadable } = reading.extraction;
  return !isTooMuch && !hasTooManyValues && unreadable === 0;
}

/** @returns the strings that neither a text nor a declaration accounts for */
export function missedLeaves(
  value: unknown,
  direction: Direction,
  { route: [provider] }: Route,
  isCovered: (path: Path, text: string) => boolean,
  isStream = false,
): Leaf[] {
  return leavesOf(value).filter(({ path, text }) => {
    if (text === '' || isCovered(path, text) || MEDIA.test(text)) return false;
    return !isDeclared(provider, direction, isStream ? path.slice(1) : path, text);
  });
}

/** Media beside text are opaque, whatever they are called. */
const MEDIA = /^data:[^,\s]*,\S*$/i;

const CONFIG = { ai_guard_api_key: 'k', upstream_llm: { provider: 'openai', api_uri: 'auto' } };
const { config } = loadConfig(CONFIG, 'request');

/**
 * @returns the body without the markers in its texts; undefined where it is refused, or stays as it is
 * @throws Error when it stays as it is though markers were found
 */
export function withHiddenMarkers(
  direction: Direction,
  document: JsonDocument,
  found: Extraction,
): Uint8Array | undefined {
  const calls = direction === 'request' ? planInput(turnsOf(found), found.tools) : planOutput(found);
  const combined = combineVerdicts(direction, config, calls.map(askedToHide));
  if (combined.kind === 'decided') return undefined;
  const { decision } = apply(direction, config, document, combined);
  const hasMarker = calls.some((call) => !isDeepStrictEqual(hideMarkers(guardInput(call)), guardInput(call)));
  if (decision.outcome === 'allowed' && hasMarker) throw new Error('what AIDR hides is let through');
  return decision.outcome === 'redacted' ? decision.body : undefined;
}

/** A call, and an AIDR that hides the markers in it. */
function askedToHide(call: PlannedCall): AskedCall {
  const guardOutput = hideMarkers(guardInput(call));
  const isChanged = !isDeepStrictEqual(guardOutput, guardInput(call));
  const told = { summary: undefined, detected: [] };
  const verdict: Verdict = isChanged
    ? { kind: 'transformed', ...told, guardOutput }
    : { kind: 'passed', ...told };
  return { call, inspected: { ok: true, verdict } };
}
