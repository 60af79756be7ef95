/**
 * The calls of one live answer that AIDR let pass. A text that was complete in one window would be asked about again, word for
 * word, when the answer ends.
 */
import { digest } from '../../body/text-key.ts';
import type { AskedCall, GuardCallMetadata } from './ask.ts';
import { guardInput, type PlannedCall } from './plan-calls.ts';

export class PassedCalls {
  /** By all that AIDR was sent. Only verdicts without changes: they are small. */
  readonly #passed = new Map<string, AskedCall['inspected']>();

  /**
   * @param askAbout asks AIDR about the calls that have not passed yet
   * @returns verdicts for all of them
   */
  async ask(
    metadata: GuardCallMetadata,
    calls: readonly PlannedCall[],
    askAbout: (calls: PlannedCall[]) => Promise<AskedCall[]>,
  ): Promise<AskedCall[]> {
    const keys = new Map(calls.map((call) => [call, keyOf(metadata, call)]));
    const known: AskedCall[] = [];
    const news: PlannedCall[] = [];
    for (const [call, key] of keys) {
      const inspected = this.#passed.get(key);
      if (inspected) known.push({ call, inspected });
      else news.push(call);
    }
    const asked = news.length > 0 ? await askAbout(news) : [];
    for (const { call, inspected } of asked) {
      const key = keys.get(call);
      if (key && inspected.ok && inspected.verdict.kind === 'passed') this.#passed.set(key, inspected);
    }
    return [...known, ...asked];
  }
}

function keyOf(metadata: GuardCallMetadata, call: PlannedCall): string {
  return digest(JSON.stringify([metadata, guardInput(call)]));
}
