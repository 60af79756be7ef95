/** What cannot be read ends a check, as its one finding. */
import type { Finding } from '../finding.ts';
import { Place } from '../place.ts';

export class Unreadable extends Error {
  override readonly name = 'Unreadable';
  readonly finding: Finding;

  constructor(file: string, problem: string, remedy: string) {
    super(problem);
    this.finding = { code: 'unreadable-input', level: 'error', place: new Place(file), problem, remedy };
  }
}
