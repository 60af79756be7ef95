/** What of a prompt a notice can take the place of: results of tools, and turns that have been answered. */
import type { Edit } from '../../body/json/edit.ts';
import { isAtOrBelow } from '../../body/json/path-map.ts';
import type { Config } from '../../config/schema.ts';
import type { Extraction, Segment } from '../../formats/segment.ts';
import { toolResultAround } from '../../formats/tool-results.ts';
import { turnsOf } from '../calls/plan-calls.ts';

export interface Replaceable {
  /** All texts that go with it. */
  segments: Segment[];
  edits(notice: string): Edit[];
}

/** More pieces are a table, and each would become a notice. */
const MAX_PIECES = 100;

/** Under `audit` and `validate` nothing is changed. */
export function replacesBlocked({
  on_blocked_tool_result: results,
  on_blocked_history: history,
  operation,
  enforcing_strategy: strategy,
}: Config): boolean {
  const isWanted = results === 'replace' || history === 'replace';
  return isWanted && operation === 'mutate' && strategy !== 'audit';
}

/**
 * @param body the prompt
 * @param found in it
 * @returns in reading order; never what the user says now, and never what the system says
 */
export function replaceablesIn(config: Config, body: unknown, found: Extraction): Replaceable[] {
  const earlier = new Set(turnsOf(found).earlier);
  const results = new Map<string, Replaceable>();
  const all: Replaceable[] = [];
  for (const segment of found.segments) {
    if (segment.isOutsideConversation) continue;
    const isInHistory = config.on_blocked_history === 'replace' && earlier.has(segment);
    const result = segment.role === 'tool' ? resultAround(body, segment) : undefined;
    if (result) {
      if (config.on_blocked_tool_result !== 'replace' && !isInHistory) continue;
      const key = JSON.stringify(result.path);
      const known = results.get(key);
      if (known) known.segments.push(segment);
      else {
        const { path, replacement } = result;
        const one = {
          segments: [segment],
          edits: (notice: string) => [{ path, json: replacement(notice) }],
        };
        results.set(key, one);
        all.push(one);
      }
    } else if (isInHistory && isPlainText(segment)) {
      all.push({ segments: [segment], edits: (notice) => editsOf(segment, notice) });
    }
  }
  return all;
}

/** @returns the result that holds all pieces of the segment */
function resultAround(body: unknown, { pieces }: Segment) {
  const [first, ...others] = pieces;
  const result = first && toolResultAround(body, first.path);
  return result && others.every(({ path }) => isAtOrBelow(path, result.path)) ? result : undefined;
}

/** A program reads the arguments of a call, and whatever else cannot be changed is no text alone. */
function isPlainText({ kind, immutableBecause, pieces, copies }: Segment): boolean {
  const isPlain = pieces.every(
    ({ inner, base64After, isNumber }) => inner === undefined && base64After === undefined && !isNumber,
  );
  const isShort = pieces.length + copies.length <= MAX_PIECES;
  return (
    kind !== 'tool_arguments' && kind !== 'label' && immutableBecause === undefined && isPlain && isShort
  );
}

/** Each piece becomes the notice: APIs refuse texts that are empty. */
function editsOf({ pieces, copies, derived }: Segment, notice: string): Edit[] {
  const json = JSON.stringify(notice);
  const places = [...pieces.flatMap((piece) => [piece, ...(piece.copies ?? [])]), ...copies];
  return [...places.map(({ path }) => ({ path, json })), ...derived.flat()];
}
