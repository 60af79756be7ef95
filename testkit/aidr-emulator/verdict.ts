/** From a guard_input to AIDR's verdict: the `result` object, its summary, and the findings to keep. */
import { DETECTORS, type Detector, type Finder, findAll, findersOf, type Hit } from './detect.ts';
import type { Encryption } from './fpe.ts';
import type { JsonObject } from './json.ts';
import { passagesOf } from './passages.ts';
import type { Policy, Rules } from './policy.ts';
import { rewrite } from './rewrite.ts';

/** What was found where; never the text itself. */
export interface Sighting {
  readonly detector: Detector;
  /** Entity type, topic, `URL`, `COMPETITOR` or `MALICIOUS_PROMPT`. */
  readonly type: string;
  /** AIDR's word for what was done, e.g. `redacted:replaced`. */
  readonly action: string;
  /** JSON path into the guard_input. */
  readonly path: string;
}

export interface Verdict {
  readonly result: JsonObject;
  readonly summary: string;
  readonly sightings: Sighting[];
}

/** The action strings of a result. Those for redactions are not documented; see aidr-api.md. */
const DONE = {
  block: 'blocked',
  report: 'reported',
  defang: 'defanged',
  replacement: 'redacted:replaced',
  mask: 'redacted:masked',
  partial_mask: 'redacted:partially_masked',
  encrypt: 'redacted:encrypted',
} as const;

/** Words for the summary, the gravest first. */
const GRAVITY = ['blocked', 'redacted', 'defanged', 'reported'] as const;

const TITLES: Record<Detector, string> = {
  malicious_prompt: 'Malicious Prompt',
  confidential_and_pii_entity: 'Confidential and PII Entity',
  secret_and_key_entity: 'Secret and Key Entity',
  malicious_entity: 'Malicious Entity',
  competitors: 'Competitors',
  topic: 'Topic',
};

/** One side of a policy, ready to run. */
export interface Side {
  readonly name: string;
  readonly finders: readonly Finder[];
}

/** The policy's two sides. */
export function sidesOf(policy: Policy): Record<'input' | 'output', Side> {
  const ready = (rules: Rules) => ({ name: rules.name, finders: findersOf(policy, rules) });
  return { input: ready(policy.input), output: ready(policy.output) };
}

/**
 * Analyses a guard_input by one side of a policy; the event type decides how far back AIDR reads.
 * The input is left as it is; `result.guard_output` is a copy with the redactions, also when there are none.
 */
export function judge(
  guardInput: JsonObject,
  eventType: string,
  { name, finders }: Side,
  historyBoundary: boolean,
  encryption: Encryption,
): Verdict {
  const output = structuredClone(guardInput);
  const passages = passagesOf(output, eventType, historyBoundary);
  const found = passages.map((passage) => ({ passage, hits: findAll(passage.text, finders) }));

  let transformed = false;
  for (const { passage, hits } of found) {
    const rewritten = rewrite(passage.text, hits, encryption);
    if (rewritten === passage.text) continue;
    passage.replace(rewritten);
    transformed = true;
  }

  const hits = found.flatMap((each) => each.hits);
  const paths = passages.map(({ path }) => path);
  const context = encryption.context();
  return {
    result: {
      blocked: hits.some(({ action }) => action === 'block'),
      transformed,
      policy: name,
      guard_output: output,
      detectors: report(finders, hits, paths),
      ...(context === undefined ? {} : { fpe_context: context }),
    },
    summary: summarise(finders, hits),
    sightings: found.flatMap(({ passage, hits }) =>
      hits.map(({ detector, type, action }) => ({
        detector,
        type,
        action: DONE[action],
        path: passage.path,
      })),
    ),
  };
}

function report(finders: readonly Finder[], hits: readonly Hit[], paths: string[]): JsonObject {
  const detectors: JsonObject = {};
  for (const detector of switchedOn(finders)) {
    const own = hits.filter((hit) => hit.detector === detector);
    detectors[detector] = {
      detected: own.length > 0,
      analyzed_paths: paths,
      data: own.length > 0 ? dataOf(detector, own) : null,
    };
  }
  return detectors;
}

/** Each detector's own form of `data`. */
function dataOf(detector: Detector, hits: readonly Hit[]): JsonObject {
  const action = hits.some((hit) => hit.action === 'block') ? 'blocked' : 'reported';
  switch (detector) {
    case 'malicious_prompt':
      return { action, analyzer_responses: [{ analyzer: 'PA4002', confidence: 1 }] };
    case 'competitors':
      return { action, entities: [...new Set(hits.map(({ value }) => value))] };
    case 'topic': {
      const topics = [...new Set(hits.map(({ type }) => type))];
      return { action, topics: topics.map((topic) => ({ topic, confidence: 1 })) };
    }
    default:
      return {
        entities: hits.map((hit) => ({
          action: DONE[hit.action],
          type: hit.type,
          value: hit.value,
          start_pos: hit.start,
        })),
      };
  }
}

/** One sentence for each detector that is on, two spaces between them as in AIDR's own summaries. */
function summarise(finders: readonly Finder[], hits: readonly Hit[]): string {
  return switchedOn(finders)
    .map((detector) => {
      const done = hits.filter((hit) => hit.detector === detector).map(({ action }) => DONE[action]);
      const gravest = GRAVITY.find((word) => done.some((each) => each.startsWith(word)));
      return `${TITLES[detector]} was ${gravest === undefined ? 'not detected' : `detected and ${gravest}`}.`;
    })
    .join('  ');
}

function switchedOn(finders: readonly Finder[]): Detector[] {
  return DETECTORS.filter((detector) => finders.some((finder) => finder.detector === detector));
}
