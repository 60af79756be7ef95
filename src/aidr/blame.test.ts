import { describe, expect, it } from 'vitest';
import { blamed, isDoubtful } from './blame.ts';
import { FAILURE_CLASSES, type Failure, type FailureClass, mayFailOpen } from './failure.ts';
import type { Inspected } from './verdict.ts';

const failing = (failureClass: FailureClass): Failure => ({ class: failureClass, detail: 'it failed' });
const control = (failureClass: FailureClass): Inspected => ({ ok: false, failure: failing(failureClass) });
const DOUBTFUL: FailureClass[] = ['timeout', 'unreachable', 'server_error', 'unauthorized'];

describe('a failure', () => {
  it.each(FAILURE_CLASSES)('of class %s is doubted if a text can bring it about', (failureClass) => {
    expect(isDoubtful(failing(failureClass))).toBe(DOUBTFUL.includes(failureClass));
  });

  it('that came before anything was sent is not doubted', () => {
    expect(isDoubtful({ ...failing('unreachable'), isUnsent: true })).toBe(false);
  });
});

describe.each(DOUBTFUL)('a doubtful %s', (failureClass) => {
  const failure: Failure = { ...failing(failureClass), requestId: 'prq_1' };

  it.each<Inspected>([
    { ok: true, verdict: { kind: 'passed', summary: undefined, detected: [] } },
    { ok: true, verdict: { kind: 'blocked', summary: undefined, detected: [] } },
  ])('is due to what was sent when the control question is answered: $verdict.kind', (answer) => {
    const reason = blamed(failure, answer);
    expect(reason).toEqual({
      class: 'failed_on_input',
      detail: 'it failed, but it answers the control question',
      requestId: 'prq_1',
    });
    expect(mayFailOpen(reason.class)).toBe(false);
  });

  it('stays what it is when the control question is not answered in time', () => {
    expect(blamed(failure, undefined)).toBe(failure);
  });

  it.each(FAILURE_CLASSES)('lets pass as much as the control question that ends with %s', (other) => {
    const reason = blamed(failure, control(other));
    expect(mayFailOpen(reason.class)).toBe(mayFailOpen(other));
    expect(reason.class).toBe(mayFailOpen(other) ? failureClass : other);
  });
});
