/** Runs cases of one target for a while, and makes what it finds small. */
import { asyncProperty, check } from 'fast-check';
import { anyGrowth, checkGrowth } from './growth.ts';
import type { Finding, Result, Target, Trial } from './target.ts';

export interface Budget {
  seconds: number;
  /** The same seed makes the same cases, as many as there is time for. */
  seed: number;
}

/** The same defect shows again and again. */
const MAX_FINDINGS = 8;
/** Milliseconds for making one finding small. */
const SHRINK_LIMIT = 3_000;
/** One case in so many looks at how time grows. */
const GROWTH_EVERY = 64;

/** @param onCheck is told the seed of the case before each check */
export async function fuzz<Input>(
  target: Target<Input>,
  { seconds, seed }: Budget,
  onCheck: (seed: number) => void = () => undefined,
): Promise<Result> {
  const trial = await target.start();
  const began = performance.now();
  const findings = new Map<string, Finding>();
  let cases = 0;
  let slowest = 0;
  try {
    while (performance.now() - began < seconds * 1_000 && findings.size < MAX_FINDINGS) {
      const ofCase = caseSeed(seed, cases++);
      const finding = await tryCase(target, trial, ofCase, (ms) => {
        onCheck(ofCase);
        slowest = Math.max(slowest, ms);
      });
      if (finding && !findings.has(kindOf(finding))) findings.set(kindOf(finding), finding);
    }
  } finally {
    await trial.stop?.();
  }
  const took = (performance.now() - began) / 1_000;
  return { target: target.name, cases, seconds: took, slowest, findings: [...findings.values()] };
}

/** The first case has the run's own seed, so that a case can be repeated by itself. */
function caseSeed(seed: number, number: number): number {
  return (seed + Math.imul(number, 0x9e3779b1)) | 0;
}

/** Numbers and names differ from case to case. */
function kindOf({ message }: Finding): string {
  return message.replace(/[\d"'].*/s, '');
}

function isAboutGrowth<Input>(trial: Trial<Input>, seed: number): boolean {
  return trial.growth !== undefined && (Math.imul(seed, 0x85ebca6b) >>> 0) % GROWTH_EVERY === 0;
}

/** @param onCheck is told 0 before, and the milliseconds after each check but those of growth */
async function tryCase<Input>(
  target: Target<Input>,
  trial: Trial<Input>,
  seed: number,
  onCheck: (ms: number) => void,
): Promise<Finding | undefined> {
  const { growth } = trial;
  if (growth && isAboutGrowth(trial, seed)) {
    const inputs = anyGrowth(growth);
    const grow = asyncProperty(inputs, async (input) => {
      onCheck(0);
      checkGrowth(growth, input);
    });
    return findingOf(await run(grow, seed), seed, JSON.stringify);
  }
  const property = asyncProperty(target.inputs, async (input) => {
    onCheck(0);
    const began = performance.now();
    await trial.check(input);
    onCheck(performance.now() - began);
  });
  return findingOf(await run(property, seed), seed, target.show);
}

function run<Input>(property: Parameters<typeof check<[Input]>>[0], seed: number) {
  return check<[Input]>(property, { seed, numRuns: 1, interruptAfterTimeLimit: SHRINK_LIMIT });
}

function findingOf<Input>(
  details: Awaited<ReturnType<typeof run<Input>>>,
  seed: number,
  show: (input: Input) => string,
): Finding | undefined {
  if (!details.failed || !details.counterexample) return undefined;
  const { counterexample, errorInstance } = details;
  const message = errorInstance instanceof Error ? errorInstance.message : String(errorInstance);
  return { seed, message, input: show(counterexample[0]) };
}
