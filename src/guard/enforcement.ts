/** The policy that turns verdicts and failures into a decision. A violation outweighs everything else. */
import type { Failure } from '../aidr/failure.ts';
import type { JsonDocument } from '../body/json/document.ts';
import type { Edit } from '../body/json/edit.ts';
import type { Config, Leg } from '../config/schema.ts';
import { type Rewrite, writeBack } from '../wire/write-back.ts';
import type { AskedCall } from './ask.ts';
import type { Decision } from './decision.ts';
import { redactionOf } from './redaction.ts';
import { failure, violation } from './rejection.ts';

export function enforce(leg: Leg, config: Config, document: JsonDocument, asked: AskedCall[]): Decision {
  const violating = asked.find(({ inspected }) => isViolation(config, inspected));
  if (violating?.inspected.ok) {
    return { outcome: 'blocked', rejection: violation(leg, config, violating.inspected.verdict.summary) };
  }
  const rewrites: Rewrite[] = [];
  const edits: Edit[] = [];
  for (const { call, inspected } of asked) {
    if (!inspected.ok) return failClosed(leg, inspected.failure);
    const { verdict } = inspected;
    if (verdict.kind === 'blocked' || !('guardOutput' in verdict) || config.operation === 'validate')
      continue;
    const redaction = redactionOf(call, verdict.guardOutput);
    if (!redaction.ok) return unappliable(leg, redaction.detail);
    rewrites.push(...redaction.rewrites);
    edits.push(...redaction.toolEdits);
  }
  const written = writeBack(document.value, rewrites);
  if (!written.ok) return unappliable(leg, written.detail);
  edits.push(...written.edits);
  return edits.length === 0 ? { outcome: 'allowed' } : redact(leg, config, document, edits);
}

function unappliable(leg: Leg, detail: string): Decision {
  return failClosed(leg, { class: 'unappliable_redaction', detail });
}

/** A redaction is due, but the upstream would refuse a body that its signature does not cover. */
export function refuseSigned(leg: Leg): Decision {
  const hint = 'the request is signed (SigV4), so its body cannot be redacted; let the gateway sign it';
  return failClosed(leg, { class: 'unappliable_redaction', detail: 'signed request', hint });
}

function failClosed(leg: Leg, reason: Failure): Decision {
  return { outcome: 'failed_closed', failure: reason, rejection: failure(leg, reason) };
}

function isViolation(config: Config, inspected: AskedCall['inspected']): boolean {
  if (!inspected.ok) return false;
  const { verdict } = inspected;
  return verdict.kind === 'blocked' || (config.enforce_on_detection && verdict.detected.length > 0);
}

function redact(leg: Leg, config: Config, document: JsonDocument, edits: Edit[]): Decision {
  const body = document.apply(edits);
  if (body.length <= config.max_rewrite_size) return { outcome: 'redacted', body };
  return unappliable(
    leg,
    `the redacted body is larger than max_rewrite_size (${config.max_rewrite_size} bytes)`,
  );
}
