import { describe, expect, it } from 'vitest';
import { callsInFlight, inSlot } from './connection-slots.ts';
import type { Sent } from './transport.ts';

const DONE: Sent = { ok: true, reply: { status: 200, body: Buffer.of(), retryAfter: undefined } };
const never = new AbortController().signal;
const OVERLOADED = { ok: false, failure: { class: 'overloaded' } };

let origins = 0;
/** An origin that no other test has. */
const newOrigin = () => {
  origins += 1;
  return `https://aidr${origins}.example`;
};

/** Takes slots until they are given back. */
function hold(origin: string, count: number, { caller = 'a', signal = never } = {}) {
  const end = Promise.withResolvers<Sent>();
  let begun = 0;
  const calls = Array.from({ length: count }, () =>
    inSlot(origin, caller, signal, () => {
      begun += 1;
      return end.promise;
    }),
  );
  return { calls, begun: () => begun, giveBack: () => end.resolve(DONE) };
}

describe('calls to one origin', () => {
  it('are made at once up to 256; one more waits for its turn', async () => {
    const origin = newOrigin();
    const held = hold(origin, 257);
    await Promise.resolve();
    expect(held.begun()).toBe(256);
    held.giveBack();
    expect(await Promise.all(held.calls)).toEqual(held.calls.map(() => DONE));
    expect(held.begun()).toBe(257);
  });

  it('do not wait for those to another origin', async () => {
    const held = hold(newOrigin(), 256);
    expect(await inSlot(newOrigin(), 'a', never, async () => DONE)).toBe(DONE);
    held.giveBack();
  });

  it('are overloaded, and not made, when the deadline comes before their turn', async () => {
    const origin = newOrigin();
    const held = hold(origin, 256);
    const deadline = new AbortController();
    let isMade = false;
    const waiting = inSlot(origin, 'a', deadline.signal, async () => {
      isMade = true;
      return DONE;
    });
    deadline.abort();
    expect(await waiting).toMatchObject(OVERLOADED);
    held.giveBack();
    await Promise.all(held.calls);
    expect(await inSlot(origin, 'a', never, async () => DONE)).toBe(DONE);
    expect(isMade).toBe(false);
  });

  it('are overloaded when the deadline is over before they ask', async () => {
    expect(await inSlot(newOrigin(), 'a', AbortSignal.abort(), async () => DONE)).toMatchObject(OVERLOADED);
  });

  it('are overloaded at once when too many wait already', async () => {
    const origin = newOrigin();
    const held = hold(origin, 256 + 2_048);
    expect(await inSlot(origin, 'a', never, async () => DONE)).toMatchObject(OVERLOADED);
    held.giveBack();
    expect(await Promise.all(held.calls)).toEqual(held.calls.map(() => DONE));
  });

  it('of another caller do not wait when one has all connections, nor behind the calls of that one', async () => {
    const origin = newOrigin();
    const flood = hold(origin, 256 + 2_048);
    const others = hold(origin, 8 + 1, { caller: 'b' });
    const oneMore = hold(origin, 1, { caller: 'c' });
    expect([others.begun(), oneMore.begun()]).toEqual([8, 1]);
    expect(await flood.calls.at(-1)).toMatchObject(OVERLOADED);
    others.giveBack();
    expect(await Promise.all(others.calls)).toEqual(others.calls.map(() => DONE));
    flood.giveBack();
    oneMore.giveBack();
    await Promise.all([...flood.calls, ...oneMore.calls]);
  });

  it('of more callers than there are spare connections are made as soon as one is free', async () => {
    const origin = newOrigin();
    const flood = hold(origin, 300);
    const others = Array.from({ length: 65 }, (_, index) => hold(origin, 1, { caller: `b${index}` }));
    expect(others.map(({ begun }) => begun()).reduce((sum, each) => sum + each)).toBe(64);
    expect(callsInFlight()).toBe(256 + 64);
    others[0]?.giveBack();
    await Promise.all(others[0]?.calls ?? []);
    expect([others[64]?.begun(), flood.begun()]).toEqual([1, 256]);
    for (const { giveBack } of [flood, ...others]) giveBack();
    await Promise.all([flood, ...others].flatMap(({ calls }) => calls));
    expect(callsInFlight()).toBe(0);
  });

  it('give their slot back when they throw', async () => {
    const origin = newOrigin();
    const bugs = Array.from({ length: 300 }, () =>
      inSlot(origin, 'a', never, () => Promise.reject(new TypeError('bug'))),
    );
    const settled = await Promise.allSettled(bugs);
    expect(settled.every(({ status }) => status === 'rejected')).toBe(true);
    expect(await inSlot(origin, 'a', never, async () => DONE)).toBe(DONE);
  });
});
