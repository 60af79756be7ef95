/** All that is fuzzed, by name. */
import type { Target } from '../target.ts';
import { changes } from './changes.ts';
import { encodings } from './encodings.ts';
import { expressions } from './expressions.ts';
import { json } from './json.ts';
import { passes } from './passes.ts';
import { patterns } from './patterns.ts';
import { rpc } from './rpc.ts';
import { streams } from './streams.ts';
import { verdicts } from './verdicts.ts';
import { windows } from './windows.ts';
import { wire } from './wire.ts';

const TARGETS: readonly Target<unknown>[] = [
  wire,
  streams,
  windows,
  encodings,
  json,
  rpc,
  verdicts,
  changes,
  patterns,
  expressions,
  passes,
];

export const TARGET_NAMES: readonly string[] = TARGETS.map(({ name }) => name);

/** @param name of a target, or the path of a module whose default export is one */
export async function findTarget(name: string): Promise<Target<unknown>> {
  const known = TARGETS.find((target) => target.name === name);
  if (known) return known;
  const { default: target }: { default: Target<unknown> } = await import(name);
  return target;
}
