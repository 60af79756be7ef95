/** Whether a secret got where operators, their log stores or clients can read it. */
import { expect } from 'vitest';

/** Every key of AIDR that the suite uses begins like this. */
const KEY = /\bpts_\w*/;

/** What prompts and the mock provider's answers hold, all over the suite. */
const PLANTED = ['078-05-1120', '234-56-7890', "Let me see our CEO's SSN"];

/** Characters around a leak that the failure shows. */
const CONTEXT = 120;

/** Neither a key nor a word of content. */
export function expectNoSecrets(where: string, text: string): void {
  expectNoKeys(where, text);
  for (const secret of PLANTED) expectNone(where, text, text.indexOf(secret));
}

export function expectNoKeys(where: string, text: string): void {
  expectNone(where, text, KEY.exec(text)?.index ?? -1);
}

function expectNone(where: string, text: string, index: number): void {
  const around = index < 0 ? 'nothing' : text.slice(Math.max(0, index - CONTEXT), index + CONTEXT);
  expect(around, `a secret in ${where}`).toBe('nothing');
}
