/** Reads a body with every format that may apply to it. */
import type { ValueBudget } from '../body/json/check.ts';
import type { StreamEvent } from '../body/stream/document.ts';
import { textKey } from '../body/text-key.ts';
import { Collector } from './collector.ts';
import { ERROR, RESOURCE } from './common-shapes.ts';
import type { BodyFormat } from './format.ts';
import {
  asksForStoredPrompt,
  formatsOfPath,
  listFormatsOfPath,
  modelOfPath,
  type RouteFormats,
} from './registry.ts';
import { type Extraction, isObject, type JsonObject, type Segment } from './segment.ts';
import { either, type Shape } from './shape.ts';
import { holdsNumbers } from './token-lists.ts';

export interface Reading {
  extraction: Extraction;
  /** Some format found what it expects; otherwise this is no body of a known API. */
  isRecognised: boolean;
  /** Names of the formats that did. */
  formats: string[];
}

/**
 * @param left of the limits of the body, for the strings of JSON in it
 *
 * The configured format applies; so does the one that the request's path names, because a route usually forwards
 * every path; and what no format knows is text. With `auto`, and where none of those recognises the body, so does every
 * format of the provider that recognises it and knows a key that no other does.
 */
export function readRequest(
  route: RouteFormats,
  body: JsonObject,
  path: string,
  left?: Readonly<ValueBudget>,
): Reading {
  const out = new Collector(left && { ...left });
  const named = [...new Set([...route.configured, ...formatsOfPath(path)])];
  const recognising = named.filter((format) => format.readRequest(body, out));
  if (route.configured.length === 0 || recognising.length === 0) {
    const others = route.all.filter((format) => !named.includes(format));
    // A body can have far more keys than all formats.
    const keys = Object.keys(body).filter((key) => isKnown(key, others));
    for (const format of likeliestFirst(others, keys)) {
      const knowsMore = keys.some((key) => format.requestKeys.has(key) && !isKnown(key, recognising));
      if (knowsMore && format.readRequest(body, out)) recognising.push(format);
    }
  }
  if (recognising.length === 0)
    recognising.push(...named.filter((format) => format.readRequest(body, out, true)));
  readTheRest(body, recognising, out);
  leaveOutOffered(out.extraction);
  readModelOfPath(path, out);
  return { extraction: out.extraction, isRecognised: recognising.length > 0, formats: namesOf(recognising) };
}

function readModelOfPath(path: string, out: Collector): void {
  out.model(modelOfPath(path));
  if (asksForStoredPrompt(path)) out.reference(['model']);
}

/** A body that is a list: only a path says whose it is, and that it may be one. */
export function readRequestList(
  body: readonly unknown[],
  path: string,
  left?: Readonly<ValueBudget>,
): Reading {
  const formats = [...new Set(listFormatsOfPath(path))].filter((format) => format.readRequestList);
  const out = new Collector(left && { ...left });
  for (const format of formats) format.readRequestList?.(body, out);
  if (holdsNumberLists(body)) out.unreadable('tokens');
  out.account('user', body, requestShape(formats), []);
  readModelOfPath(path, out);
  return { extraction: out.extraction, isRecognised: formats.length > 0, formats: namesOf(formats) };
}

/** At any depth. */
function holdsNumberLists(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return holdsNumbers(value) || Object.values(value).some(holdsNumberLists);
}

/** A tool's name is sent with its definition: a call of it says no more. */
function leaveOutOffered(found: Extraction): void {
  const offered = new Set(found.tools.map(({ name }) => name));
  const isOffered = ({ immutableBecause, text }: Segment) =>
    immutableBecause === 'label' && offered.has(text);
  for (const { pieces } of found.trace ? found.segments.filter(isOffered) : [])
    for (const { path, text } of pieces) found.trace?.inert.push({ path, why: 'offered', value: text });
  found.segments = found.segments.filter((segment) => !isOffered(segment));
}

/**
 * Answers carry no label that can be trusted: the first format that recognises the body reads it.
 *
 * @param beside what the body says beside its value
 */
export function readResponse(route: RouteFormats, body: unknown, path: string, beside = ''): Reading {
  const out = new Collector();
  const candidates = formatsOfAnswer(route, path);
  const format = candidates.find((candidate) => candidate.readResponse(body, out));
  if (!format && isListOf(candidates, body))
    return { extraction: readError(body, beside), isRecognised: true, formats: [] };
  out.hidden(beside);
  out.account('tool', body, format?.shapes?.response, []);
  return readingOf(out, format, path);
}

/** As `readResponse`; the first step of every path is the number of the event. */
export function readStream(route: RouteFormats, events: readonly StreamEvent[], path: string): Reading {
  const out = new Collector();
  const format = formatsOfAnswer(route, path).find((candidate) => candidate.readStream?.(events, out));
  return readingOfEvents(out, format, events, path);
}

/**
 * As `readStream`; what no format streams may be a list that one of them answers whole.
 *
 * @param isList the events may be items of which each is whole: of those of a stream, a format that takes anything would
 * read a text piece by piece
 */
export function readStreamOrList(
  route: RouteFormats,
  events: readonly StreamEvent[],
  path: string,
  isList = true,
): Reading {
  const out = new Collector();
  const candidates = formatsOfAnswer(route, path);
  const list = events.map(({ value }) => value);
  const format =
    candidates.find((candidate) => candidate.readStream?.(events, out)) ??
    candidates.find((candidate) => (isList || !candidate.takesAny) && candidate.readResponse(list, out));
  return readingOfEvents(out, format, events, path);
}

/** What the format does not read: what stands beside the events, and keys that say something. */
function readingOfEvents(
  out: Collector,
  format: BodyFormat | undefined,
  events: readonly StreamEvent[],
  path: string,
): Reading {
  readBeside(events, out);
  if (!format?.takesAny && events.some(isPieceInBase64)) out.unreadable('not_readable');
  const shape = format?.shapes?.event ?? format?.shapes?.response;
  for (const [number, { value, size }] of events.entries()) out.account('tool', value, shape, [number], size);
  return readingOf(out, format, path);
}

/** A text of an agent of Bedrock's, where its format is not the one that reads. */
function isPieceInBase64({ name, value }: StreamEvent): boolean {
  return name === 'chunk' && isObject(value) && typeof value.bytes === 'string';
}

/** Each event of a live stream asks for the same. */
let lastCandidates: { route: RouteFormats; path: string; formats: readonly BodyFormat[] } | undefined;

/** Those that take anything come last. */
function formatsOfAnswer(route: RouteFormats, path: string): readonly BodyFormat[] {
  if (lastCandidates?.route === route && lastCandidates.path === path) return lastCandidates.formats;
  const all = [...new Set([...route.configured, ...formatsOfPath(path), ...route.all])];
  const formats = [...all.filter((one) => !one.takesAny), ...all.filter((one) => one.takesAny)];
  lastCandidates = { route, path, formats };
  return formats;
}

function readingOf(out: Collector, format: BodyFormat | undefined, path: string): Reading {
  out.model(modelOfPath(path));
  return {
    extraction: out.extraction,
    isRecognised: format !== undefined,
    formats: namesOf(format ? [format] : []),
  };
}

function namesOf(formats: readonly BodyFormat[]): string[] {
  return formats.map(({ name }) => name);
}

/** Stored answers come in lists, `{"data": […]}`; what is in them is read string by string. */
function isListOf(formats: readonly BodyFormat[], body: unknown): boolean {
  if (!isObject(body) || !Array.isArray(body.data)) return false;
  // A format that does not recognise an item leaves nothing there.
  const out = new Collector();
  return body.data.some((item) => formats.some((format) => format.readResponse(item, out)));
}

/**
 * An error's strings are nobody's words, but some providers put generated text or the prompt there.
 *
 * @param beside what the body says beside its value: the events, where it is a stream
 */
export function readError(body: unknown, beside: string | readonly StreamEvent[] = ''): Extraction {
  const out = new Collector();
  out.leaves('tool', 'text', body, []);
  return withRest(out, body, beside, ERROR);
}

/**
 * What no format knows, and what is no answer to a prompt: lists of models and files, the steps of a run.
 *
 * @param beside as above
 */
export function readResource(body: unknown, beside: string | readonly StreamEvent[] = ''): Extraction {
  return withRest(new Collector(), body, beside, RESOURCE);
}

function withRest(
  out: Collector,
  body: unknown,
  beside: string | readonly StreamEvent[],
  shape: Shape,
): Extraction {
  out.account('tool', body, shape, []);
  if (typeof beside === 'string') out.hidden(beside);
  else readBeside(beside, out);
  return out.extraction;
}

/** A body that is no JSON but a text, such as a transcript. */
export function readText(text: unknown): Extraction {
  const out = new Collector();
  out.text('assistant', 'text', text, []);
  return out.extraction;
}

/** What is said again and again needs no second look. */
function readBeside(events: readonly StreamEvent[], out: Collector): void {
  const read = new Set<string>();
  for (const [number, { beside }] of events.entries()) {
    if (beside === undefined) continue;
    const key = textKey(beside);
    if (read.has(key)) continue;
    read.add(key);
    out.frameMetadata(beside, number);
  }
}

/** @param status of the upstream's answer */
export function isErrorStatus(status: number): boolean {
  return status < 200 || status > 299;
}

/**
 * Some of an answer's bytes: the client may have asked for any of them, so nothing that was to be found need be whole.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110#status.206
 */
export function isPartStatus(status: number): boolean {
  return status === 206;
}

/**
 * @param body of a stream, the values of its events
 * @returns whether a successful answer is an error all the same, and nothing else
 */
export function isErrorBody(body: unknown): boolean {
  if (!Array.isArray(body)) return isObject(body) && 'error' in body && Boolean(body.error);
  const values = body.filter((value) => value !== undefined);
  return values.length > 0 && values.every((value) => isObject(value) && isErrorBody(value));
}

/**
 * Several APIs have `messages`: the one that leaves the fewest keys unexplained reads them best.
 *
 * @param keys of the body that any of them knows
 */
function likeliestFirst(formats: BodyFormat[], keys: readonly string[]): BodyFormat[] {
  const known = ({ requestKeys }: BodyFormat) => keys.filter((key) => requestKeys.has(key)).length;
  return formats
    .map((format) => ({ format, known: known(format) }))
    .sort((a, b) => b.known - a.known)
    .map(({ format }) => format);
}

/** What no format knows, and keys that say something: none of it has a place in the conversation. */
function readTheRest(body: JsonObject, formats: BodyFormat[], out: Collector): void {
  for (const key in body)
    if (!isKnown(key, formats) && TOKEN_KEYS.test(key) && holdsNumbers(body[key]))
      out.unreadable('tokens', [key]);
  out.account('user', body, requestShape(formats), []);
}

/** One for each set of formats that read a body together: there are few. */
const requestShapes = new Map<string, Shape>();

function requestShape(formats: readonly BodyFormat[]): Shape | undefined {
  const shapes = formats.flatMap(({ shapes }) => (shapes ? [shapes.request] : []));
  if (shapes.length < 2) return shapes[0];
  const names = namesOf(formats).sort().join(' ');
  const known = requestShapes.get(names) ?? either(...shapes);
  requestShapes.set(names, known);
  return known;
}

/** Where servers take a prompt as token ids, whatever the path or the spelling. */
const TOKEN_KEYS = /^(prompts?|inputs?|context|tokens|((prompt|input)_)?(token_)?ids)$/i;

function isKnown(key: string, formats: readonly BodyFormat[]): boolean {
  return formats.some((format) => format.requestKeys.has(key));
}
