/** The places of a body that hold words, and the same body with another text in them. */
import type { Path } from '../../../src/body/json/edit.ts';
import { isObject } from '../../../src/formats/segment.ts';
import { WORDS } from './wire.ts';

/**
 * What cannot be redacted without breaking the body: ids, times, names of what is elsewhere, the API's own words, and what is
 * signed or encrypted. Where it holds something to redact, the body is refused.
 */
const FIXED = new RegExp(
  `^(?:${[
    ...['id', 'ids', '.*_ids?', '.*[a-z](?:Id|Ids|Arn|Identifier)', 'arn', 'name', '.*_name', 'named'],
    ...[
      'object',
      'status',
      'state',
      'type',
      'role',
      'version',
      '.*Version',
      '.*_reason',
      '.*Reason',
      'result',
      'code',
    ],
    ...[
      '.*_at',
      '.*_?[tT]ime',
      'created',
      '.*Offset',
      'seconds',
      'page_age',
      'next_page',
      'amount',
      'sizeBytes',
    ],
    ...[
      '.*_?model',
      '.*Model',
      'model',
      'data',
      'bytes',
      'images?',
      '.*_file',
      '.*_files',
      'owned_by',
      'namespace',
    ],
    ...['encrypted_.*', '.*signature', '.*Signature', '.*token', 'redactedContent', '.*_tokens', 'thinking'],
    ...[
      '.*[mM]ime_?[tT]ype',
      '.*media_type',
      'server_label',
      'country',
      'timezone',
      'language',
      'languageCode',
    ],
    ...[
      'conversation',
      'container',
      'inference_geo',
      'results_url',
      'system_fingerprint',
      'task_type',
      'effort',
    ],
  ].join('|')})$`,
);

/** AIDR is sent definitions whole, and its emulator reads nothing but descriptions in them. */
const DEFINITIONS = /^(?:tools?|functions?|parameters|parameter_definitions|.*[sS]chema)$/;

export interface Place {
  path: Path;
  /** Whether nothing can be redacted there. */
  isFixed: boolean;
}

export function placesIn(value: unknown, path: Path = []): Place[] {
  const key = path.findLast((step) => typeof step === 'string') ?? '';
  if (value === WORDS) return [{ path, isFixed: FIXED.test(key) }];
  if (DEFINITIONS.test(key)) return [];
  if (Array.isArray(value)) return value.flatMap((item, at) => placesIn(item, [...path, at]));
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([name, item]) => placesIn(item, [...path, name]));
}

/** @returns a copy */
export function withText(value: unknown, places: readonly Place[], text: string): unknown {
  const copy: unknown = structuredClone(value);
  for (const { path } of places) {
    let owner: unknown = copy;
    for (const step of path.slice(0, -1)) owner = Reflect.get(Object(owner), step);
    Reflect.set(Object(owner), path.at(-1) ?? '', text);
  }
  return copy;
}
