import { closeSync, openSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { refuserInStyle } from './refusal.ts';
import { RefusalNotes } from './refusal-notes.ts';
import { ReplyJournal } from './reply-journal.ts';

it('that cannot be written throws nothing, says so, and is written as soon as it can be', () => {
  const path = join(tmpdir(), `aidr-journal-test.${process.pid}`);
  writeFileSync(path, '');
  const descriptor = openSync(path, 'r');
  const journal = new ReplyJournal(descriptor, new RefusalNotes(descriptor));
  const connection = journal.connection(1);
  const refuser = { ...refuserInStyle('provider', false), key: 'k' };
  expect(journal.beat()).toBe(false);
  connection.owe({ messageId: 7, phase: 'access', refuser }, true);
  connection.starting(8);
  connection.paid();
  expect(journal.failure).toBe('EBADF');
  closeSync(descriptor);
});
