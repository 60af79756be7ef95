/** What the checks of JSON samples and of streams have in common. */
import { findNodeAtLocation, type Node, parseTree } from 'jsonc-parser';
import type { Path } from '../src/body/json/edit.ts';
import { readEmbedded } from '../src/body/json/embedded-json.ts';
import type { Segment, TextLocation } from '../src/formats/segment.ts';

export interface SdkReport {
  sdk: string;
  events: number;
  /** Texts that grew from event to event. */
  texts: number;
  /** The client put the answer together by itself. */
  isAccumulated: boolean;
  /** The client raised an error, reading the original as well as what became of it. */
  isRefused: boolean;
  problems: string[];
}

export interface Report {
  expected: number;
  found: number;
  /** Names of what is called: the oracle takes them for no text. */
  names: number;
  /** Other texts that the oracle does not have. */
  extra: number;
  problems: string[];
  /** Of streams that an official client reads. */
  sdk?: SdkReport;
}

/** Shorter texts stand in other strings by chance. */
export const DISTINCTIVE_LENGTH = 12;

export function pointerOf(path: Path): string {
  return path.map((step) => `/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

/** Tool arguments must stay JSON, with the keys that they have: there, the longest string is replaced. */
export function replacementFor({ kind, text, raw }: Segment, index: number): string {
  if (kind !== 'tool_arguments' || !/^\s*[{[]/.test(text)) return `#${index}#`;
  const found = stringsIn(raw ?? text).filter((one) => one !== '' && text.split(one).length === 2);
  const [longest] = found.sort((a, b) => b.length - a.length);
  return longest === undefined ? text : text.split(longest).join(`#${index}#`);
}

/** Arguments may have no string that could be replaced. */
export function isReplaceable(segment: Segment): boolean {
  return segment.immutableBecause === undefined && replacementFor(segment, 0) !== segment.text;
}

/** @returns none where it is no JSON */
function stringsIn(json: string): string[] {
  const strings: string[] = [];
  try {
    JSON.parse(json, (_key, value) => {
      if (typeof value === 'string') strings.push(value);
      return value;
    });
  } catch {
    return [];
  }
  return strings;
}

/** An independent parser says where the changed values stand. */
export function sameOutside(before: string, after: string, paths: Path[]): boolean {
  return JSON.stringify(outside(before, paths)) === JSON.stringify(outside(after, paths));
}

function outside(json: string, paths: Path[]): string[] {
  const root = parseTree(json);
  const nodes = paths
    .map((path) => root && findNodeAtLocation(root, [...path]))
    .filter((node): node is Node => node !== undefined);
  const pieces: string[] = [];
  let from = 0;
  for (const { offset, length } of nodes.sort((a, b) => a.offset - b.offset || b.length - a.length)) {
    if (offset < from) continue;
    pieces.push(json.slice(from, offset));
    from = offset + length;
  }
  return [...pieces, json.slice(from)];
}

/** Reads every piece again from the edited body. What stood in a place that another change emptied is gone. */
export function arrived(
  root: unknown,
  { segment, text }: { segment: Segment; text: string },
  emptied: string[],
): boolean {
  return [segment.pieces, ...segment.copies.map((copy) => [copy])]
    .filter((places) => !places.every(({ path }) => isInside(path, emptied)))
    .every((places) => {
      const now = places.map((place) => spotText(root, place)).join('');
      return now === text || readEmbedded([now])?.shown === text;
    });
}

/** Where a string of the edited body still holds one of the texts that are to be gone. */
export function originalsLeft(
  edited: unknown,
  gone: string[],
  isKept: (pointer: string) => boolean,
): string[] {
  const problems: string[] = [];
  const visit = (value: unknown, path: Path): void => {
    if (typeof value === 'object' && value !== null) {
      for (const [key, item] of Object.entries(value))
        visit(item, [...path, Array.isArray(value) ? Number(key) : key]);
      return;
    }
    const pointer = pointerOf(path);
    if (typeof value !== 'string' || isKept(pointer)) return;
    if (gone.some((text) => value.includes(text))) problems.push(`original text left at ${pointer}`);
  };
  visit(edited, []);
  return problems;
}

function isInside(path: Path, pointers: string[]): boolean {
  return pointers.some((pointer) => `${pointerOf(path)}/`.startsWith(`${pointer}/`));
}

function spotText(root: unknown, { path, base64After }: TextLocation): string {
  const value = at(root, path);
  if (base64After === undefined) return String(value);
  return Buffer.from(String(value).slice(base64After.length), 'base64').toString('utf8');
}

function at(root: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (value, step) => (value as Record<string | number, unknown> | undefined)?.[step],
    root,
  );
}
