/** The rule for subjects of commits, which `.ci/run` checks. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { problemOf, recentSubjects } from '../scripts/check-subjects.ts';

describe('the subject of a commit', () => {
  it.each([
    'fix: release the last window',
    'feat(mcp): inspect tool listings',
    'feat(formats/openai)!: read realtime events',
    'docs: say what `leg` is called now',
    `test: ${'x'.repeat(66)}`,
  ])('may be "%s"', (subject) => {
    expect(problemOf(subject)).toBeUndefined();
  });

  it.each([
    ['Release the last window', 'it is not'],
    ['fix release the last window', 'it is not'],
    ['fix:release the last window', 'it is not'],
    ['fix: ', 'it is not'],
    ['fix(): release', 'it is not'],
    ['Fix: release', 'it is not'],
    ['tests: add one', 'it is not'],
    ['fix: release the last window.', 'it is not'],
    ['', 'it is not'],
    [`test: ${'x'.repeat(67)}`, 'it has 73 characters'],
  ])('may not be "%s"', (subject, problem) => {
    expect(problemOf(subject)).toContain(problem);
  });

  it('has its length counted in characters, not in UTF-16 code units', () => {
    expect(problemOf(`test: ${'😀'.repeat(66)}`)).toBeUndefined();
  });
});

it('a folder without a git history of its own has no subjects', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'aidr-subjects-'));
  try {
    expect(recentSubjects(folder)).toBeUndefined();
  } finally {
    await rm(folder, { recursive: true });
  }
});
