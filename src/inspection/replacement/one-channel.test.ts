import { describe, expect, it } from 'vitest';
import type { Aidr, AidrChannel } from '../../aidr/session.ts';
import { readVerdict } from '../../aidr/verdict.ts';
import { oneChannel } from './one-channel.ts';

const TERMS = { timeout: 1_000, caller: 'ann', mayFailOpen: false };

function aidr() {
  const log: string[] = [];
  const channel = { hasEnded: false };
  const opened: Aidr = {
    openChannel(): AidrChannel {
      log.push('opened');
      return {
        get hasEnded() {
          return channel.hasEnded;
        },
        send: async () => ({ ok: false, failure: { class: 'timeout', detail: '' } }),
        end() {
          log.push('ended');
          return { attempts: 3, elapsedMs: 7 };
        },
      };
    },
    readVerdict,
  };
  return { opened, channel, log };
}

describe('one channel for several inspections', () => {
  it('is opened by the first, counted once, and ended when all are over', () => {
    const { opened, log } = aidr();
    const shared = oneChannel(opened, TERMS);
    expect(log).toEqual([]);
    expect([shared.aidr.openChannel(TERMS), shared.aidr.openChannel(TERMS)].map((one) => one.end())).toEqual(
      Array(2).fill({ attempts: 0, elapsedMs: 0 }),
    );
    expect(log).toEqual(['opened']);
    expect(shared.end()).toEqual({ attempts: 3, elapsedMs: 7 });
    expect(log).toEqual(['opened', 'ended']);
  });

  it('has one deadline, and what has ended asks nothing more', () => {
    const { opened, channel } = aidr();
    const { aidr: shared } = oneChannel(opened, TERMS);
    const [first, second] = [shared.openChannel(TERMS), shared.openChannel(TERMS)];
    first.end();
    expect([first.hasEnded, second.hasEnded]).toEqual([true, false]);
    channel.hasEnded = true;
    expect(second.hasEnded).toBe(true);
  });

  it('costs nothing where nobody asks', () => {
    const { opened, log } = aidr();
    expect(oneChannel(opened, TERMS).end()).toEqual({ attempts: 0, elapsedMs: 0 });
    expect(log).toEqual([]);
  });
});
