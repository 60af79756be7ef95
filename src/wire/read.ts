/** Reads a body with every format that may apply to it. */
import type { ValueBudget } from '../body/json/check.ts';
import type { StreamEvent } from '../body/stream/document.ts';
import { textKey } from '../body/text-key.ts';
import { Collector } from './collector.ts';
import type { WireFormat } from './format.ts';
import { readKeys } from './keys.ts';
import { formatsOfPath, modelOfPath, type RouteFormats } from './registry.ts';
import { type Extraction, isObject, type JsonObject } from './segment.ts';

export interface Reading {
  found: Extraction;
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
  readTheRest(body, recognising, out);
  leaveOutOffered(out.found);
  out.model(modelOfPath(path));
  return { found: out.found, isRecognised: recognising.length > 0, formats: namesOf(recognising) };
}

/** A tool's name is sent with its definition: a call of it says no more. */
function leaveOutOffered(found: Extraction): void {
  const offered = new Set(found.tools.map(({ name }) => name));
  found.segments = found.segments.filter(({ bound, text }) => bound !== 'label' || !offered.has(text));
}

/** Answers carry no label that can be trusted: the first format that recognises the body reads it. */
export function readResponse(route: RouteFormats, body: unknown, path: string): Reading {
  const out = new Collector();
  const candidates = formatsOfAnswer(route, path);
  const format = candidates.find((candidate) => candidate.readResponse(body, out));
  if (!format && isListOf(candidates, body))
    return { found: readError(body), isRecognised: true, formats: [] };
  readKeys(body, [], out);
  return readingOf(out, format, path);
}

/** As `readResponse`; the first step of every path is the number of the event. */
export function readStream(route: RouteFormats, events: readonly StreamEvent[], path: string): Reading {
  const out = new Collector();
  const format = formatsOfAnswer(route, path).find((candidate) => candidate.readStream?.(events, out));
  return readingOfEvents(out, format, events, path);
}

/** As `readStream`; what no format streams may be a list that one of them answers whole. */
export function readStreamOrList(route: RouteFormats, events: readonly StreamEvent[], path: string): Reading {
  const out = new Collector();
  const candidates = formatsOfAnswer(route, path);
  const list = events.map(({ value }) => value);
  const format =
    candidates.find((candidate) => candidate.readStream?.(events, out)) ??
    candidates.find((candidate) => candidate.readResponse(list, out));
  return readingOfEvents(out, format, events, path);
}

/** What the format does not read: what stands beside the events, and keys that say something. */
function readingOfEvents(
  out: Collector,
  format: WireFormat | undefined,
  events: readonly StreamEvent[],
  path: string,
): Reading {
  readBeside(events, out);
  for (const [number, { value }] of events.entries()) readKeys(value, [number], out);
  return readingOf(out, format, path);
}

function formatsOfAnswer(route: RouteFormats, path: string): WireFormat[] {
  return [...new Set([...route.configured, ...formatsOfPath(path), ...route.all])];
}

function readingOf(out: Collector, format: WireFormat | undefined, path: string): Reading {
  out.model(modelOfPath(path));
  return { found: out.found, isRecognised: format !== undefined, formats: namesOf(format ? [format] : []) };
}

function namesOf(formats: readonly WireFormat[]): string[] {
  return formats.map(({ name }) => name);
}

/** Stored answers come in lists, `{"data": […]}`; what is in them is read string by string. */
function isListOf(formats: WireFormat[], body: unknown): boolean {
  if (!isObject(body) || !Array.isArray(body.data)) return false;
  // A format that does not recognise an item leaves nothing there.
  const out = new Collector();
  return body.data.some((item) => formats.some((format) => format.readResponse(item, out)));
}

/**
 * @returns whether there are turns of a stored conversation in it, however deep: no answer that the API defines, but its
 * words, such as `GET /v1/responses/…/input_items` gives them, the steps of a run, or a batch's file of answers
 */
export function holdsTurns(body: unknown): boolean {
  if (typeof body !== 'object' || body === null) return false;
  if (Array.isArray(body)) return body.some(holdsTurns);
  for (const [key, item] of Object.entries(body)) if (TURN_KEYS.has(key) || holdsTurns(item)) return true;
  return false;
}

const TURN_KEYS = new Set(['content', 'arguments', 'output', 'summary']);

/**
 * An error's strings are nobody's words, but some providers put generated text or the prompt there.
 *
 * @param events where it is a stream
 */
export function readError(body: unknown, events: readonly StreamEvent[] = []): Extraction {
  const out = new Collector();
  out.leaves('tool', 'text', body, []);
  readKeys(body, [], out);
  readBeside(events, out);
  return out.found;
}

/** What is said again and again needs no second look. */
function readBeside(events: readonly StreamEvent[], out: Collector): void {
  const read = new Set<string>();
  for (const [number, { beside }] of events.entries()) {
    if (beside === undefined) continue;
    const key = textKey(beside);
    if (read.has(key)) continue;
    read.add(key);
    out.framed(beside, number);
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

/** @returns whether a successful answer is an error all the same */
export function isErrorBody(body: unknown): boolean {
  return isObject(body) && 'error' in body && Boolean(body.error);
}

/**
 * Several APIs have `messages`: the one that leaves the fewest keys unexplained reads them best.
 *
 * @param keys of the body that any of them knows
 */
function likeliestFirst(formats: WireFormat[], keys: readonly string[]): WireFormat[] {
  const known = ({ requestKeys }: WireFormat) => keys.filter((key) => requestKeys.has(key)).length;
  return formats
    .map((format) => ({ format, known: known(format) }))
    .sort((a, b) => b.known - a.known)
    .map(({ format }) => format);
}

/** What no format knows, and keys that say something: none of it has a place in the conversation. */
function readTheRest(body: JsonObject, formats: WireFormat[], out: Collector): void {
  const known = out.found.segments.length;
  for (const key in body) {
    if (isKnown(key, formats)) continue;
    if (TOKEN_KEYS.test(key) && holdsNumbers(body[key])) out.unreadable();
    out.leaves('user', 'text', body[key], [key]);
  }
  readKeys(body, [], out);
  for (const segment of out.found.segments.slice(known)) segment.isAside = true;
}

/** Where servers take a prompt as token ids, whatever the path or the spelling. */
const TOKEN_KEYS = /^(prompts?|inputs?|context|tokens|((prompt|input)_)?(token_)?ids)$/i;

/** A list of numbers, or of such lists. */
function holdsNumbers(value: unknown): boolean {
  return Array.isArray(value) && value.some((item) => typeof item === 'number' || holdsNumbers(item));
}

function isKnown(key: string, formats: readonly WireFormat[]): boolean {
  return formats.some((format) => format.requestKeys.has(key));
}
