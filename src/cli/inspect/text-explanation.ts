/** The explanation of a body for people. Everything of the body is foreign: it is shown, and does nothing. */
import type { TraceReason } from '../../formats/trace.ts';
import { counted } from '../counted.ts';
import { pathPattern } from '../dry-run/json-path.ts';
import { excerpt, printable } from '../dry-run/printable.ts';
import type { ExplainedCall, ExplainedPlace, ExplainedText, Explanation } from './explanation.ts';
import type { InspectOptions } from './options.ts';

const WHY: Record<TraceReason, string> = {
  boolean: 'true or false',
  null: 'null',
  empty: 'empty',
  short_number: 'a number of fewer than seven digits',
  told: 'the same words are a key, which AIDR gets',
  offered: 'the name of a tool, which AIDR gets with its definition',
  word: 'a word that the API defines here',
  count: 'a number that the API defines as a count or a setting',
  time: 'a time',
  duration: 'a duration',
  id: "an id in the provider's own form",
  pattern: 'a value in a form that the API defines',
  signature: 'signed or encrypted for the provider',
  media_type: 'a media type',
  language: 'a language or a country',
  model: 'the name of a known model',
  media: 'media: no text',
  encrypted: 'encrypted: only the provider can read it',
  reference: 'the model reads it elsewhere: it is not in the body',
  tokens: 'numbers of tokens: only a tokenizer can read them',
  not_readable: 'it should be text, and cannot be read as one',
};

/** Why a text cannot be changed. */
const FIXED: Record<string, string> = {
  signature: 'signed',
  escapes: 'percent-encoded',
  label: 'a name',
  frame: 'outside the JSON of its event',
  key: 'a key',
  hidden: 'under a key that stands there twice',
  id: 'an id, or a word that the API defines',
};

const TEXT_LENGTH = 400;
const VALUE_LENGTH = 60;
const MAX_PLACES = 3;

export function textExplanation(
  explanation: Explanation,
  { provider, endpoint, path, output }: Pick<InspectOptions, 'provider' | 'endpoint' | 'path' | 'output'>,
): string {
  const { direction, bytes, formats, after } = explanation;
  const what = direction === 'request' ? 'prompt' : 'answer';
  const read = formats.length > 0 ? `read as ${formats.join(', ')}` : 'no format knows it';
  return [
    `${what} of ${bytes} bytes, ${provider} ${endpoint}, path ${printable(path)}: ${read}`,
    ...outcomeLines(explanation),
    '',
    ...explanation.calls.flatMap(callLines),
    ...section('texts that were not sent', explanation.unsent.flatMap(unsentLines)),
    ...section('inert: nothing that anybody says', placeLines(explanation.inert)),
    ...section('opaque: counted, and refused with on_opaque block', placeLines(explanation.opaque)),
    ...section('unreadable: refused unless on_uninspectable is allow', placeLines(explanation.unreadable)),
    ...(after ? afterLines(after, output) : []),
  ]
    .join('\n')
    .concat('\n');
}

function outcomeLines({ outcome, skipped, failure, refusal, after }: Explanation): string[] {
  if (refusal)
    return [
      `outcome: ${outcome}, ${refusal.code}: ${printable(refusal.reason)}`,
      `the client gets ${refusal.status}: ${printable(refusal.body)}`,
    ];
  const why = skipped ?? (failure ? `${failure.class}: ${failure.detail}` : undefined);
  return [
    `outcome: ${outcome}${why ? `, ${printable(why)}` : ''}${after ? '' : ', every byte goes on as it is'}`,
  ];
}

function callLines(call: ExplainedCall, index: number): string[] {
  const { bytes, metadata, messages, tools, verdict } = call;
  const found =
    verdict.detected.length > 0 ? ` (${verdict.detected.map((name) => printable(name)).join(', ')})` : '';
  const summary = verdict.summary === undefined ? '' : `: ${printable(verdict.summary)}`;
  return [
    `call ${index + 1} to AIDR: ${metadata.event_type}, ${counted(messages.length, 'message')}, ${counted(tools.length, 'tool')}, ${bytes} bytes`,
    `  answer: ${verdict.kind}${found}${summary}`,
    ...messages.flatMap((message) => textLines(message, message.content)),
    ...tools.flatMap(({ places, function: definition }) => [
      `  tool ${printable(definition.name)}  ${places.map((place) => printable(place)).join(', ')}`,
      `      ${excerpt(JSON.stringify(definition), TEXT_LENGTH)}`,
    ]),
    '',
  ];
}

function unsentLines(text: ExplainedText): string[] {
  return textLines(text, text.text ?? '');
}

function textLines({ role, kind, places, fixed }: ExplainedText, text: string): string[] {
  const more = places.length > MAX_PLACES ? ` and ${places.length - MAX_PLACES} more` : '';
  const where = places
    .slice(0, MAX_PLACES)
    .map((place) => printable(place))
    .join(', ');
  const cannot = fixed === undefined ? '' : `, cannot be changed: ${FIXED[fixed] ?? fixed}`;
  return [`  ${role} (${kind ?? 'text'}${cannot})  ${where}${more}`, `      ${excerpt(text, TEXT_LENGTH)}`];
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [title, ...lines, ''];
}

/** The same place of each item of a list is one line. */
function placeLines(places: readonly ExplainedPlace[]): string[] {
  const groups = Map.groupBy(places, ({ path, why }) => `${path ? pathPattern(path) : ''} ${why}`);
  return [...groups.values()].map((group) => {
    const [first] = group;
    if (!first) return '';
    const { path, place = '(in no JSON path)', why, value } = first;
    const where = group.length > 1 ? `${path ? pathPattern(path) : place}  ${group.length} times` : place;
    const shown =
      value === undefined || value === null ? '' : `  ${excerpt(JSON.stringify(value), VALUE_LENGTH)}`;
    return `  ${printable(where)}${shown}  ${WHY[why]}`;
  });
}

function afterLines(after: Uint8Array, output: string | undefined): string[] {
  const title = `what goes on instead: ${after.length} bytes`;
  if (output !== undefined) return [`${title}, in ${output}`];
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(after);
    return [title, printable(text, true)];
  } catch {
    return [`${title}, not UTF-8: use --output or --json`];
  }
}
