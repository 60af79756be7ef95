import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { KongRequest } from '../../src/kong/kong-request.ts';
import type { Pdk } from '../../src/kong/pdk.ts';
import { LogLines } from './log-lines.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'] });
  vi.setSystemTime(1_000_000);
});
afterEach(() => vi.useRealTimers());

/** A Kong request whose log lines end up in a list, as `level text`. */
function logged() {
  const lines: string[] = [];
  const at = (level: string) => async (text: string) => lines.push(`${level} ${text}`);
  const kong = { log: { err: at('err'), warn: at('warn'), notice: at('notice') } };
  return { lines, kongRequest: new KongRequest(kong as unknown as Pdk) };
}

const line = (text: string) => ({ level: 'err', text }) as const;

describe('log lines', () => {
  it('name their plugin and keep their level', async () => {
    const { kongRequest, lines } = logged();
    const own = new LogLines('aidr', [{ level: 'warn', text: 'recipe is set but has no effect' }]);
    await own.writeWaiting(kongRequest);
    await own.writeWaiting(kongRequest);
    await own.write(kongRequest, { level: 'notice', text: 'blocked a prompt' });
    expect(lines).toEqual(['warn aidr: recipe is set but has no effect', 'notice aidr: blocked a prompt']);
  });

  it('are ten a second at most, and the next one says how many were left out', async () => {
    const { kongRequest, lines } = logged();
    const own = new LogLines('aidr', []);
    for (let index = 0; index < 25; index++) await own.write(kongRequest, line(`${index}`));
    expect(lines).toHaveLength(10);
    vi.advanceTimersByTime(1_000);
    await own.write(kongRequest, line('next'));
    await own.write(kongRequest, line('after that'));
    expect(lines.slice(10)).toEqual([
      'err aidr: next (15 lines were left out before this one)',
      'err aidr: after that',
    ]);
  });

  it('wait for a phase, a hundred at most', async () => {
    const { kongRequest, lines } = logged();
    const own = new LogLines('aidr', []);
    for (let index = 0; index < 150; index++) own.add(line(`${index}`));
    await own.writeWaiting(kongRequest);
    expect(lines).toHaveLength(10);
    expect(lines[0]).toBe('err aidr: 0 (50 lines were left out before this one)');
    vi.advanceTimersByTime(1_000);
    await own.write(kongRequest, line('next'));
    expect(lines.at(-1)).toBe('err aidr: next (90 lines were left out before this one)');
  });

  it('about a request whose phases are over come with the next phase of any instance', async () => {
    const { kongRequest, lines } = logged();
    new LogLines('one', []).addLate(line('late'));
    await new LogLines('other', []).writeWaiting(kongRequest);
    await new LogLines('third', []).writeWaiting(kongRequest);
    expect(lines).toEqual(['err one: late']);
  });
});
