/** The table of a replay, which the text and the page share. */

import type { Direction } from '../../config/schema.ts';
import { counted } from '../counted.ts';
import type { DirectionTally, Finding, Outcome, RouteTally, Totals } from './tally.ts';

export const HEAD = [
  ...['route', 'api', 'direction', 'inspected', 'passes', 'redacted', 'blocked', 'refused', 'no body'],
  ...['AIDR calls', 'bytes to AIDR', 'known before'],
];

const NOUNS: Record<Direction, string> = { request: 'prompts', response: 'answers' };

const OUTCOMES: Record<Outcome, string> = {
  allowed: 'passes',
  redacted: 'is redacted',
  blocked: 'is blocked',
  refused: 'is refused',
  skipped: 'has nothing to inspect',
  failed_open: 'passes without a verdict',
  unread: 'is not in the recording',
  not_asked: 'is not asked for',
};

export function rowsOf({ routes }: Pick<Totals, 'routes'>): string[][] {
  return routes.flatMap((route) =>
    (['request', 'response'] as const).map((direction) => [
      ...[route.route, apiOf(route), NOUNS[direction]],
      ...cellsOf(route[direction]),
    ]),
  );
}

function apiOf({ provider, endpoint }: RouteTally): string {
  return provider === undefined ? '' : `${provider} ${endpoint ?? ''}`;
}

function cellsOf({ outcomes, calls, callBytes, known }: DirectionTally): string[] {
  const {
    allowed = 0,
    redacted = 0,
    blocked = 0,
    refused = 0,
    skipped = 0,
    failed_open = 0,
    unread = 0,
  } = outcomes;
  const inspected = allowed + redacted + blocked + refused + skipped + failed_open;
  const passes = allowed + skipped + failed_open;
  return [inspected, passes, redacted, blocked, refused, unread, calls, callBytes, known].map(String);
}

export function titleOf(input: string): string {
  return `AIDR replay of ${input === '-' ? 'standard input' : input}`;
}

/** What the numbers do not say. */
export function notesOf(totals: Totals, isReal: boolean): string[] {
  const { exchanges, broken, otherTraffic, routes } = totals;
  const brokenCount = Object.values(broken).reduce((sum, count) => sum + count, 0);
  const why = Object.entries(broken).map(([name, count]) => `${count} ${name.replaceAll('_', ' ')}`);
  const unread = [sum(routes, 'request', 'unread'), sum(routes, 'response', 'unread')] as const;
  const notAsked = sum(routes, 'response', 'not_asked');
  return [
    `${counted(exchanges, 'exchange')}, judged by ${isReal ? 'AIDR' : 'patterns in the place of AIDR'}.`,
    ...(brokenCount > 0 ? [`${brokenCount} entries could not be read: ${why.join(', ')}.`] : []),
    ...(otherTraffic > 0
      ? [`${otherTraffic} went to no LLM provider that is known: --route or --provider names one.`]
      : []),
    ...(unread[0] + unread[1] > 0 ? [withoutBodies(...unread)] : []),
    ...(notAsked > 0 ? [`${counted(notAsked, 'answer')} would not exist, because prompts are refused.`] : []),
    ...routes.flatMap(recordedNotes),
  ];
}

function sum(routes: readonly RouteTally[], direction: Direction, outcome: Outcome): number {
  return routes.reduce((total, route) => total + (route[direction].outcomes[outcome] ?? 0), 0);
}

function withoutBodies(prompts: number, answers: number): string {
  const missing = [counted(prompts, 'prompt'), counted(answers, 'answer')].filter(
    (text) => !/^0 /.test(text),
  );
  return `${missing.join(' and ')} could not be inspected, because the recording lacks their bodies (column "no body"). docs/inspect-and-replay.md says how to record them.`;
}

function recordedNotes(route: RouteTally): string[] {
  return (['request', 'response'] as const).flatMap((direction) => {
    const told = Object.entries(route[direction].recorded).map(([outcome, count]) => `${count} ${outcome}`);
    return told.length === 0
      ? []
      : [
          `${route.route}: what the plugins themselves logged of ${NOUNS[direction]} then: ${told.join(', ')}.`,
        ];
  });
}

export function findingCells({ position, route, direction, outcome, code, detectors }: Finding): string[] {
  const what = direction === 'request' ? 'the prompt' : 'the answer';
  return [position, route, `${what} ${OUTCOMES[outcome]}`, code ?? '', detectors.join(', ')];
}

export const FINDING_HEAD = ['where', 'route', 'what', 'code', 'detectors'];
