import { inspect } from 'node:util';
import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { emptyStats } from '../../src/inspection/report/inspection-stats.ts';
import { BATCH_HOOK } from '../../src/kong/batch-hook-plugin.ts';
import { KongRequest } from '../../src/kong/kong-request.ts';
import type { Pdk } from '../../src/kong/pdk.ts';
import { startEmulator } from '../../testkit/aidr-emulator/index.ts';
import { Plugin as RequestPlugin } from '../crowdstrike-aidr-request/index.ts';
import { Plugin as ResponsePlugin } from '../crowdstrike-aidr-response/index.ts';
import { Instance } from './instance.ts';

const SECRET = 'pts_secret_of_the_collector';
const REFERENCE = '{vault://env/aidr-key}';
const emulator = await startEmulator({ keys: [SECRET] });
afterAll(() => emulator.stop());
beforeEach(() => emulator.reset());

const configWith = (more: object = {}) => ({
  ai_guard_api_key: SECRET,
  ai_guard_api_base_url: emulator.url,
  upstream_llm: { provider: 'openai', api_uri: '/v1/chat/completions' },
  $refs: { ai_guard_api_key: REFERENCE },
  ...more,
});

/** What an exchange asks of Kong when an instance reports. */
function exchangeWith(secret: string) {
  const asked: string[] = [];
  const lines: string[] = [];
  const log = async (line: string) => lines.push(line);
  const kong = {
    log: { err: log, warn: log, notice: log, setSerializeValue: async () => undefined },
    vault: {
      get: async (reference: string) => {
        asked.push(reference);
        return secret;
      },
    },
  };
  return { kongRequest: new KongRequest(kong as unknown as Pdk), asked, lines };
}

/** Every string that can be reached from a value, property names included. */
function* stringsIn(value: unknown, seen = new Set<unknown>()): Generator<string> {
  if (typeof value === 'string') yield value;
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null || seen.has(value)) return;
  seen.add(value);
  if (value instanceof Map || value instanceof Set) {
    for (const item of value.values()) yield* stringsIn(item, seen);
    for (const key of value.keys()) yield* stringsIn(key, seen);
  }
  for (const key of Reflect.ownKeys(value)) {
    yield String(key);
    const descriptor = Reflect.getOwnPropertyDescriptor(value, key);
    if (descriptor && 'value' in descriptor) yield* stringsIn(descriptor.value, seen);
  }
}

describe("the collector's key", () => {
  it.each<[string, object]>([
    ['a request instance', new Instance('request', 'request', configWith())],
    ['a response instance', new Instance('response', 'response', configWith())],
    ['the request plugin', new RequestPlugin(configWith())],
    ['the response plugin', new ResponsePlugin(configWith())],
  ])('is nowhere to be seen in %s', (_name, started) => {
    const texts = [
      inspect(started, { depth: null, showHidden: true, maxStringLength: null, maxArrayLength: null }),
      JSON.stringify(started),
      String(started),
      ...stringsIn(started),
    ];
    expect(texts.filter((text) => text.includes(SECRET))).toEqual([]);
  });

  it('is followed by an audit too, whose inspections have no vault to ask', async () => {
    const instance = new Instance('request', 'request', configWith({ enforcing_strategy: 'audit' }));
    const { kongRequest, asked } = exchangeWith('pts_renewed');
    const audit = async () => {
      const done = Promise.withResolvers<void>();
      const inspect = async () => {
        queueMicrotask(done.resolve);
        return { decision: { outcome: 'allowed' } as const, stats: emptyStats() };
      };
      await instance.reportLater(
        kongRequest,
        { caller: 'a', bytes: 0, inspect },
        { began: performance.now() },
      );
      await done.promise;
    };
    await audit();
    expect(asked).toEqual([]);
    vi.useFakeTimers({ toFake: ['Date'] });
    try {
      vi.setSystemTime(Date.now() + 60_001);
      await audit();
      await audit();
    } finally {
      vi.useRealTimers();
    }
    expect(asked).toEqual([REFERENCE]);
  });
});

describe('an audit', () => {
  it('that throws is told in the log with the next phase, without what was thrown', async () => {
    const instance = new Instance('request', 'request', configWith({ enforcing_strategy: 'audit' }));
    const { kongRequest, lines } = exchangeWith(SECRET);
    const inspect = () => Promise.reject(new Error('my SSN'));
    await instance.reportLater(kongRequest, { caller: 'a', bytes: 0, inspect }, { began: performance.now() });
    await new Promise(setImmediate);
    await instance.lines.writeWaiting(kongRequest);
    expect(lines).toEqual(['request: audit: an inspection failed with an internal error']);
  });
});

describe('the batch hook', () => {
  /** A Kong request with a worker that has it or not, and what the instance asks of it. */
  function worker(hasBatchHook: boolean) {
    const asked: string[] = [];
    const taken = vi.fn();
    const kong = {
      ctx: {
        shared: {
          get: async (key: string) => {
            asked.push(key);
            return hasBatchHook ? BATCH_HOOK.value : undefined;
          },
        },
      },
    };
    const kongRequest = new KongRequest(kong as unknown as Pdk);
    kongRequest.useBatchHook = taken;
    return { kongRequest, asked, taken };
  }

  it('is looked for once in a worker that has it, and taken from then on', async () => {
    const instance = new Instance('request', 'request', configWith());
    const { kongRequest, asked, taken } = worker(true);
    await instance.prepare(kongRequest);
    await instance.prepare(kongRequest);
    expect(asked).toEqual(['crowdstrike_aidr_batch_hook']);
    expect(taken).toHaveBeenCalledTimes(2);
  });

  it('is looked for once a minute in a worker that has it not, and not taken', async () => {
    const instance = new Instance('request', 'request', configWith());
    const { kongRequest, asked, taken } = worker(false);
    vi.useFakeTimers({ toFake: ['Date'] });
    try {
      for (const later of [0, 59_000, 2_000]) {
        vi.setSystemTime(Date.now() + later);
        await instance.prepare(kongRequest);
      }
    } finally {
      vi.useRealTimers();
    }
    expect(asked).toHaveLength(2);
    expect(taken).not.toHaveBeenCalled();
  });
});
