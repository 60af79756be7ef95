/**
 * How inspections ended, for Kong's record of a request: where it is known before the answer's head is sent, the relay
 * writes it into a header of the answer, and the guard's Lua takes it from there (guard-header-filter.lua).
 *
 * nginx has little room for the heads of answers, so what matters most comes first, and what does not fit is left out.
 */
import type { Direction } from '../config/schema.ts';
import type { InspectionRecord } from '../inspection/report/record.ts';

/** Bytes. */
const MAX_LENGTH = 512;
const MAX_TEXT = 96;

/** How the Lua is to read a value. */
const KINDS = { text: '=', number: '#', list: '*', flag: '!' } as const;

/** What matters most comes first. Never `blocked_content`. */
const FIELDS: readonly (keyof InspectionRecord)[] = [
  ...([
    'outcome',
    'failure',
    'failure_detail',
    'skipped_because',
    'rejected_with',
    'sent_before_verdict',
    'aidr_request_ids',
  ] as const),
  ...(['aidr_ms', 'overhead_ms', 'calls', 'attempts', 'bytes', 'segments', 'detectors', 'formats'] as const),
  ...(['model', 'policy', 'streamed', 'known_turns', 'unknown_turns', 'opaque', 'would_redact'] as const),
  'unredact_failed',
];

/** @returns the header's value, of printable ASCII */
export function recordHeader(records: Partial<Record<Direction, InspectionRecord>>): string {
  const directions = Object.entries(records);
  let header = '';
  for (const field of FIELDS) {
    for (const [direction, record] of directions) {
      const value = written(record[field]);
      const entry = value === undefined ? '' : `${direction}.${field}${value};`;
      if (header.length + entry.length <= MAX_LENGTH) header += entry;
    }
  }
  return header;
}

function written(value: InspectionRecord[keyof InspectionRecord]): string | undefined {
  if (typeof value === 'number') return KINDS.number + value;
  if (value === true) return KINDS.flag;
  if (typeof value === 'string') return KINDS.text + plain(value).slice(0, MAX_TEXT);
  if (!value) return undefined;
  return KINDS.list + value.map((each) => plain(each).replaceAll(',', ' ')).join(',');
}

/** Without what would end the value, or the header. */
function plain(text: string): string {
  return text.replaceAll(/[^\x20-\x7e]/g, '?').replaceAll(';', ',');
}
