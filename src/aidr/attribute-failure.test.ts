import { describe, expect, it } from 'vitest';
import { attributeFailure, isAmbiguous } from './attribute-failure.ts';
import { FAILURE_CLASSES, type Failure, type FailureClass, mayFailOpen } from './failure.ts';
import type { Inspected } from './verdict.ts';

const failing = (failureClass: FailureClass): Failure => ({ class: failureClass, detail: 'it failed' });
const probe = (failureClass: FailureClass): Inspected => ({ ok: false, failure: failing(failureClass) });
const DOUBTFUL: FailureClass[] = ['timeout', 'unreachable', 'server_error', 'unauthorized'];

describe('a failure', () => {
  it.each(FAILURE_CLASSES)('of class %s is doubted if a text can bring it about', (failureClass) => {
    expect(isAmbiguous(failing(failureClass))).toBe(DOUBTFUL.includes(failureClass));
  });

  it('that came before anything was sent is not doubted', () => {
    expect(isAmbiguous({ ...failing('unreachable'), isUnsent: true })).toBe(false);
  });
});

describe.each(DOUBTFUL)('a doubtful %s', (failureClass) => {
  const failure: Failure = { ...failing(failureClass), requestId: 'prq_1' };

  it.each<Inspected>([
    { ok: true, verdict: { kind: 'passed', summary: undefined, detected: [] } },
    { ok: true, verdict: { kind: 'blocked', summary: undefined, detected: [] } },
  ])('is due to what was sent when the health probe is answered: $verdict.kind', (answer) => {
    const reason = attributeFailure(failure, answer);
    expect(reason).toEqual({
      class: 'failed_on_input',
      detail: 'it failed, but it answers the health probe',
      requestId: 'prq_1',
    });
    expect(mayFailOpen(reason.class)).toBe(false);
  });

  it('stays what it is when the health probe is not answered in time', () => {
    expect(attributeFailure(failure, undefined)).toBe(failure);
  });

  it.each(FAILURE_CLASSES)('lets pass as much as the health probe that ends with %s', (other) => {
    const reason = attributeFailure(failure, probe(other));
    expect(mayFailOpen(reason.class)).toBe(mayFailOpen(other));
    expect(reason.class).toBe(mayFailOpen(other) ? failureClass : other);
  });
});
