import { randomBytes } from 'node:crypto';
import { zstdCompressSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { createInspector } from './create-inspector.ts';
import { type Decoded, decodedBytes, withDecoded } from './open-body.ts';

const MIB = 1_048_576;

const { inspector } = createInspector(
  {
    ai_guard_api_key: 'pts_demo',
    upstream_llm: { provider: 'openai', api_uri: '/v1/chat/completions' },
    max_body_size: 64 * MIB,
    on_uninspectable: 'allow',
    enforcing_strategy: 'enforce_but_ignore_on_error',
  },
  'request',
);

/** A string of JSON in a coding. */
function coded(decodedSize: number): Buffer {
  return zstdCompressSync(`"${randomBytes(decodedSize / 2 - 1).toString('hex')}"`);
}

const LARGE = coded(32 * MIB);
const SMALL = coded(65_536);
const LESS = coded(100_000);

/** A body that is being used until it is told to end, or loses what it holds. */
function open(user: string, bytes: Buffer) {
  const end = Promise.withResolvers<void>();
  const used: Decoded[] = [];
  const begun = Promise.withResolvers<void>();
  const result = withDecoded(
    'request',
    inspector,
    { bytes, encoding: 'zstd' },
    { caller: { user } },
    async (decoded, { signal }) => {
      used.push(decoded);
      begun.resolve();
      if (!decoded.ok) return decoded.decision;
      signal?.addEventListener('abort', () => end.resolve());
      await end.promise;
      return { outcome: 'allowed' } as const;
    },
  );
  return {
    used,
    result,
    end: () => end.resolve(),
    isUsed: begun.promise,
  };
}

const OVERLOADED = {
  outcome: 'failed_closed',
  failure: { class: 'overloaded' },
  rejection: { httpStatus: 503, reason: 'overloaded', retryAfter: 1 },
};

describe('what coded bodies become', () => {
  it('may be all there is room for where nobody else wants it, and no more', async () => {
    const bodies = [open('flood', LARGE), open('flood', LARGE)];
    for (const body of bodies) await body.isUsed;
    expect(decodedBytes.held).toBe(decodedBytes.limit);
    const more = open('flood', LESS);
    expect(await more.result).toMatchObject(OVERLOADED);
    expect(more.used.map(({ ok }) => ok)).toEqual([false]);
    for (const { end } of bodies) end();
    expect(await Promise.all(bodies.map(({ result }) => result))).toEqual([
      { outcome: 'allowed' },
      { outcome: 'allowed' },
    ]);
    expect(decodedBytes.held).toBe(0);
  });

  it('makes room for another caller: the latest of the one that has most ends, and never passes', async () => {
    const first = open('flood', LARGE);
    await first.isUsed;
    const latest = open('flood', LARGE);
    await latest.isUsed;
    const other = open('other', LESS);
    await other.isUsed;
    expect(await latest.result).toMatchObject(OVERLOADED);
    expect(latest.used.map(({ ok }) => ok)).toEqual([true, false]);
    first.end();
    other.end();
    expect(await Promise.all([first.result, other.result])).toEqual([
      { outcome: 'allowed' },
      { outcome: 'allowed' },
    ]);
    expect(decodedBytes.held).toBe(0);
  });

  it('is not counted where it is small', async () => {
    const bodies = [open('flood', LARGE), open('flood', LARGE)];
    for (const body of bodies) await body.isUsed;
    const small = open('flood', SMALL);
    await small.isUsed;
    for (const { end } of [...bodies, small]) end();
    expect(await small.result).toEqual({ outcome: 'allowed' });
    await Promise.all(bodies.map(({ result }) => result));
  });
});

describe('a plain body', () => {
  it('has no part in it', async () => {
    const bytes = Buffer.from(`"${'x'.repeat(MIB)}"`);
    const request = { caller: {} };
    const seen = await withDecoded(
      'request',
      inspector,
      { bytes, encoding: undefined },
      request,
      async (_, held) => held,
    );
    expect(seen).toBe(request);
  });
});
