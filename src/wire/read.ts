/** Reads a body with every format that may apply to it. */
import { Collector } from './collector.ts';
import type { WireFormat } from './format.ts';
import { formatsOfPath, modelOfPath, type RouteFormats } from './registry.ts';
import { type Extraction, isObject, type JsonObject } from './segment.ts';

export interface Reading {
  found: Extraction;
  /** Some format found what it expects; otherwise this is no body of a known API. */
  isRecognised: boolean;
}

/**
 * The configured format applies; so does the one that the request's path names, because a route usually forwards
 * every path; and what no format knows is text. With `auto`, every format of the provider that recognises the body
 * applies.
 */
export function readRequest(route: RouteFormats, body: JsonObject, path: string): Reading {
  const out = new Collector();
  const named = [...new Set([...route.configured, ...formatsOfPath(path)])];
  let recognising = named.filter((format) => format.readRequest(body, out));
  if (route.configured.length === 0) {
    const others = route.all.filter((format) => !named.includes(format));
    recognising = [...recognising, ...others.filter((format) => format.readRequest(body, out))];
  }
  readUnknownKeys(body, recognising, out);
  out.model(modelOfPath(path));
  return { found: out.found, isRecognised: recognising.length > 0 };
}

/** Answers carry no label that can be trusted: the first format that recognises the body reads it. */
export function readResponse(route: RouteFormats, body: unknown, path: string): Reading {
  const out = new Collector();
  const candidates = [...new Set([...route.configured, ...formatsOfPath(path), ...route.all])];
  const isRecognised = candidates.some((format) => format.readResponse(body, out));
  out.model(modelOfPath(path));
  return { found: out.found, isRecognised };
}

/** An error's strings are nobody's words, but some providers put generated text or the prompt there. */
export function readError(body: unknown): Extraction {
  const out = new Collector();
  out.leaves('tool', 'text', body, []);
  return out.found;
}

/** @returns whether a successful answer is an error all the same */
export function isErrorBody(body: unknown): boolean {
  return isObject(body) && 'error' in body && Boolean(body.error);
}

function readUnknownKeys(body: JsonObject, formats: WireFormat[], out: Collector): void {
  for (const [key, value] of Object.entries(body)) {
    if (!formats.some((format) => format.requestKeys.has(key))) out.leaves('user', 'text', value, [key]);
  }
}
