/** What the detectors of a verdict found, in AIDR's own names; never what was found itself. */
import { isObject, type JsonObject } from './json-object.ts';

export interface Finding {
  /** AIDR's name of the detector. */
  detector: string;
  /** What kinds it found, such as `US_SSN`. */
  types: string[];
}

/** AIDR has a dozen detectors; what is more says no more to people. */
const MAX_FINDINGS = 8;
const MAX_TYPES = 4;
/** UTF-16 code units. */
const MAX_NAME = 64;

/** @param result of AIDR's answer @returns those that decided come first */
export function findingsOf(result: unknown): Finding[] {
  if (!isObject(result)) return [];
  const detectors = isObject(result.detectors) ? Object.entries(result.detectors) : [];
  const found = detectors.flatMap(([name, detector]) =>
    isObject(detector) && detector.detected === true ? [findingOf(name, detector.data)] : [],
  );
  const all = [...found, ...rulesOf(result.access_rules)];
  const sorted = [...all.filter(({ isDeciding }) => isDeciding), ...all.filter((one) => !one.isDeciding)];
  return sorted.slice(0, MAX_FINDINGS).map(({ detector, types }) => ({ detector, types }));
}

/** A JSON path into `guard_input`. */
const MESSAGE_PATH = /^\$\.messages\[(\d{1,6})\](?![\w[])/;
/** More paths than this name no single text. */
const MAX_PATHS = 64;

/**
 * @param result of AIDR's answer
 * @returns indexes of the messages that detectors that fired looked at; undefined where one of them does not say so, or names
 * something else
 */
export function messagesNamed(result: unknown): number[] | undefined {
  const { detectors, access_rules: rules } = isObject(result) ? result : {};
  if (!isObject(detectors) || rulesOf(rules).length > 0) return undefined;
  const named = new Set<number>();
  for (const detector of Object.values(detectors)) {
    if (!isObject(detector) || detector.detected !== true) continue;
    const { analyzed_paths: paths } = detector;
    if (!Array.isArray(paths) || paths.length === 0 || paths.length > MAX_PATHS) return undefined;
    for (const path of paths) {
      const index = typeof path === 'string' ? MESSAGE_PATH.exec(path)?.[1] : undefined;
      if (index === undefined) return undefined;
      named.add(Number(index));
    }
  }
  return named.size > 0 ? [...named] : undefined;
}

interface RankedFinding extends Finding {
  isDeciding: boolean;
}

function findingOf(name: string, data: unknown): RankedFinding {
  const { action, entities, topics } = isObject(data) ? data : {};
  // Those of some detectors are the texts that were found.
  const typed = listOf(entities).map(({ type, action: done }) => ({ type, isBlocked: isBlocked(done) }));
  const isDeciding = isBlocked(action) || typed.some((one) => one.isBlocked);
  const told = typed.filter((one) => one.isBlocked || !isDeciding || isBlocked(action));
  const types = [...told.map(({ type }) => type), ...listOf(topics).map(({ topic }) => topic)];
  const names = types.filter((type) => typeof type === 'string').map(nameOf);
  return { detector: nameOf(name), types: [...new Set(names)].slice(0, MAX_TYPES), isDeciding };
}

/** @returns the access rules by which AIDR blocked */
function rulesOf(rules: unknown): RankedFinding[] {
  if (!isObject(rules)) return [];
  return Object.entries(rules).flatMap(([key, rule]) => {
    if (!isObject(rule) || rule.matched !== true || !isBlocked(rule.action)) return [];
    const name = typeof rule.name === 'string' ? rule.name : key;
    return [{ detector: 'access_rule', types: [nameOf(name)], isDeciding: true }];
  });
}

/** AIDR joins several actions with commas. */
function isBlocked(action: unknown): boolean {
  return typeof action === 'string' && /\bblocked\b/.test(action);
}

function listOf(list: unknown): JsonObject[] {
  return Array.isArray(list) ? list.filter(isObject) : [];
}

/** They end in the client's answer, and in what its terminal prints. */
function nameOf(name: string): string {
  return name.slice(0, MAX_NAME).replace(/[\p{C}\p{Zl}\p{Zp}]/gu, ' ');
}
