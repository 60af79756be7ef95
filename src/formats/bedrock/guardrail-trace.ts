/**
 * What a Bedrock guardrail says about a text: it quotes the prompt and the answer, unmasked.
 *
 * Every string but names and enums is read (`modelOutput[]` is JSON in a string). When the answer is changed, the
 * whole trace goes: a match can be too short to be recognised for what it is.
 *
 * @see https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_GuardrailTraceAssessment.html
 */
import type { Path } from '../../body/json/edit.ts';
import type { Collector } from '../collector.ts';
import { fieldsOf, itemsOf } from '../placed.ts';
import { type Derived, isObject } from '../segment.ts';

/** @returns what empties the trace at `place` */
export function emptied(trace: unknown, path: Path): Derived[] {
  return isObject(trace) ? [{ path: path, json: '{}' }] : [];
}

export function readTrace(trace: unknown, path: Path, out: Collector): void {
  if (typeof trace === 'string') out.text('tool', 'citation', trace, path);
  if (Array.isArray(trace)) {
    for (const item of itemsOf(trace, path)) readTrace(item.value, item.path, out);
  }
  if (!isObject(trace)) return;
  for (const { name, value, path: at } of fieldsOf(trace, path)) {
    if (!LABELS.has(name)) readTrace(value, at, out);
  }
}

const LABELS = new Set([
  ...['type', 'action', 'confidence', 'filterStrength', 'identifier', 'policyVersionArn'],
  ...['guardrailId', 'guardrailVersion', 'guardrailArn', 'guardrailOrigin', 'guardrailOwnership'],
  ...['invokedModelId', 'regex', 'actionReason'],
]);
