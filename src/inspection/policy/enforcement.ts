/** The policy that turns verdicts and failures into a decision. A violation outweighs everything else. */
import { type Failure, mayFailOpen } from '../../aidr/failure.ts';
import type { Verdict } from '../../aidr/verdict.ts';
import type { JsonDocument } from '../../body/json/document.ts';
import type { Change } from '../../body/text-changes.ts';
import type { AnyConfig } from '../../config/mcp-schema.ts';
import type { Direction } from '../../config/schema.ts';
import type { Segment } from '../../formats/segment.ts';
import { writeBack } from '../../formats/write-back.ts';
import type { AskedCall } from '../calls/ask.ts';
import { guardTool, type PlannedCall } from '../calls/plan-calls.ts';
import { changesBySegment } from '../redaction/reassemble-slices.ts';
import { type Redaction, type ReturnedPart, redactionOf, unchanged } from '../redaction/redaction.ts';
import { type RedactedTool, toolEdits } from '../redaction/tool-redaction.ts';
import { failure, violation } from '../refusal/rejection.ts';
import { blockedContent } from '../report/blocked-content.ts';
import type { Decision } from './decision.ts';
import { omitThinking } from './omit-thinking.ts';

/** What verdicts change, call by call. */
export interface AggregatedVerdict {
  kind: 'verdict';
  returned: ReturnedPart[];
  tools: RedactedTool[];
  /** Why some of the texts have no verdict. */
  failure?: Failure;
}

export const NOT_FITTING = 'the redactions of a text that was inspected in slices do not fit together';

/** What AIDR said about all calls of a body. */
export interface CombinedVerdict {
  kind: 'verdict';
  /** What the verdicts change in the texts. */
  changes: Map<Segment, readonly Change[]>;
  tools: RedactedTool[];
  /** Why some of the texts have no verdict. */
  failure?: Failure;
}

/** There is nothing more to apply. */
export interface Decided {
  kind: 'decided';
  decision: Decision;
}

export function decided(decision: Decision): Decided {
  return { kind: 'decided', decision };
}

export function combineVerdicts(
  direction: Direction,
  config: AnyConfig,
  asked: readonly AskedCall[],
): CombinedVerdict | Decided {
  const aggregated = aggregateVerdicts(direction, config, asked);
  if (aggregated.kind === 'decided') return aggregated;
  const { returned, ...rest } = aggregated;
  const changes = changesBySegment(returned);
  if (changes) return { ...rest, changes };
  if (config.operation === 'validate') return { ...rest, changes: new Map() };
  return decided(unappliable(direction, NOT_FITTING));
}

export function aggregateVerdicts(
  direction: Direction,
  config: AnyConfig,
  asked: readonly AskedCall[],
): AggregatedVerdict | Decided {
  const violating = asked.find(({ inspected }) => isViolation(config, inspected));
  if (violating?.inspected.ok) {
    return decided({
      outcome: 'blocked',
      rejection: violation(direction, config, violating.inspected.verdict),
      ...blockedContent(config, textsOf(violating.call)),
    });
  }
  const failures = asked.flatMap(({ inspected }) => (inspected.ok ? [] : [inspected.failure]));
  // A failure that a caller can provoke goes before an outage, because a retry does not help.
  const closing =
    failures.find(({ class: failureClass }) => !mayFailOpen(failureClass)) ??
    failures.find((one) => !failsOpen(config, one));
  if (closing) return decided(failClosed(direction, closing));
  const returned: ReturnedPart[] = [];
  const tools: RedactedTool[] = [];
  for (const { call, inspected } of asked) {
    if (!inspected.ok) continue;
    const redaction = redactionBy(inspected.verdict, call);
    // Under `validate` nothing is applied, so a redaction that cannot be applied does not matter.
    if (!redaction.ok && config.operation === 'validate') continue;
    if (!redaction.ok) return decided(unappliable(direction, redaction.detail));
    for (const one of redaction.returned) returned.push(one);
    for (const one of redaction.tools) tools.push(one);
  }
  return { kind: 'verdict', returned, tools, ...(failures[0] ? { failure: failures[0] } : {}) };
}

function redactionBy(verdict: Verdict, call: PlannedCall): Redaction {
  switch (verdict.kind) {
    case 'transformed':
      return redactionOf(call, verdict.guardOutput, verdict.mayBeUnchanged);
    case 'passed':
    // Was refused before.
    case 'blocked':
      return { ok: true, returned: unchanged(call), tools: [] };
  }
}

/** As the body has them, tools included. */
function textsOf({ parts, tools }: PlannedCall): string[] {
  const described = tools.map((tool) => JSON.stringify(guardTool(tool)));
  return [...described, ...parts.map(({ segment }) => segment.text)];
}

function failsOpen(config: AnyConfig, reason: Failure): boolean {
  return config.enforcing_strategy === 'enforce_but_ignore_on_error' && mayFailOpen(reason.class);
}

export function isViolation(config: AnyConfig, inspected: AskedCall['inspected']): boolean {
  if (!inspected.ok) return false;
  const { verdict } = inspected;
  return verdict.kind === 'blocked' || (config.enforce_on_detection && verdict.detected.length > 0);
}

/**
 * @param decrypted what changes in texts that need no redaction; when they cannot be written back they stay as they are
 * @returns and whether all of `decrypted` was written
 */
export function apply(
  direction: Direction,
  config: AnyConfig,
  document: JsonDocument,
  combined: CombinedVerdict,
  decrypted: ReadonlyMap<Segment, readonly Change[]> = new Map(),
): { decision: Decision; isDecrypted: boolean } {
  const { changes, tools, failure: reason } = combined;
  const isRedacted = changes.size + tools.length > 0;
  if (!isRedacted && decrypted.size === 0) return { decision: allowUnchanged(reason), isDecrypted: true };
  const written = bodyWith(direction, config, document, new Map([...decrypted, ...changes]), tools);
  if (typeof written !== 'string') {
    return {
      decision: isRedacted ? redacted(written, reason) : allowUnchanged(reason, written),
      isDecrypted: true,
    };
  }
  if (decrypted.size > 0) {
    return { ...apply(direction, config, document, combined), isDecrypted: false };
  }
  return { decision: unappliable(direction, written), isDecrypted: true };
}

/** Nothing is redacted. */
export function allowUnchanged(reason: Failure | undefined, body?: Uint8Array): Decision {
  const changed = body ? { body } : {};
  return reason
    ? { outcome: 'failed_open', failure: reason, ...changed }
    : { outcome: 'allowed', ...changed };
}

function redacted(body: Uint8Array, reason: Failure | undefined): Decision {
  return reason ? { outcome: 'failed_open', failure: reason, body } : { outcome: 'redacted', body };
}

/** @returns a sentence when the changes cannot be made */
function bodyWith(
  direction: Direction,
  config: AnyConfig,
  document: JsonDocument,
  changed: ReadonlyMap<Segment, readonly Change[]>,
  tools: readonly RedactedTool[],
): Uint8Array | string {
  const omitted = omitThinking(direction, config, document, changed.keys());
  const written = writeBack(
    document.value,
    [...changed]
      .filter(([segment]) => !omitted.segments.has(segment))
      .map(([segment, changes]) => ({ segment, changes })),
  );
  if (!written.ok) return written.detail;
  const body = document.apply([...toolEdits(tools), ...written.edits, ...omitted.edits]);
  return body.length <= config.max_rewrite_size ? body : tooLarge(config);
}

function tooLarge({ max_rewrite_size: limit }: AnyConfig): string {
  return `the redacted body is larger than max_rewrite_size (${limit} bytes)`;
}

/** @returns why a prompt in which something was replaced is refused; undefined when it is not */
export function tooLargeToSend(config: AnyConfig, body: Uint8Array): Decision | undefined {
  return body.length <= config.max_rewrite_size ? undefined : unappliable('request', tooLarge(config));
}

export function unappliable(direction: Direction, detail: string): Decision {
  return failClosed(direction, { class: 'unappliable_redaction', detail });
}

/** A redaction is due, but the client signed the body: the upstream would refuse a changed one. */
export function refuseSigned(direction: Direction): Decision {
  const hint = 'the request is signed (SigV4), so its body cannot be redacted; let the gateway sign it';
  return failClosed(direction, { class: 'unappliable_redaction', detail: 'signed request', hint });
}

/** A redaction is due, and there is no way to send it. */
export function refuseUnsendable(direction: Direction, hint: string): Decision {
  return failClosed(direction, { class: 'unappliable_redaction', detail: hint, hint });
}

export function failClosed(
  direction: Direction,
  reason: Failure,
): Extract<Decision, { outcome: 'failed_closed' }> {
  return { outcome: 'failed_closed', failure: reason, rejection: failure(direction, reason) };
}
