import { decode, encode } from '@msgpack/msgpack';
import { describe, expect, it } from 'vitest';
import { isRevoked } from '../fair-share/revocation.ts';
import { PHASE_FAILURES, type PhaseFailure, type Refuser } from '../inspection/refusal/refuser.ts';
import type { BodyReservation } from '../kong/body-reservation.ts';
import { BodyBudget } from './body-budget.ts';
import type { Frame } from './frame-reader.ts';
import { PluginHost } from './plugin-host.ts';
import { Rpc } from './rpc.ts';

const LIMITS = { replyDeadline: 1000, stepDeadline: 5000, absenceDeadline: 2000 };

interface Kong {
  request: Record<string, (...args: unknown[]) => Promise<unknown>>;
  response: Record<string, (...args: unknown[]) => Promise<unknown>>;
  log: Record<string, (...args: unknown[]) => Promise<unknown>>;
}

/** A plugin server of one plugin whose access phase is given, and a Kong that speaks to it frame by frame. */
function serve(
  access: (kong: Kong, bodies: BodyReservation) => unknown,
  phase = 'access',
  budget = new BodyBudget(1_000_000),
  refuser: unknown = undefined,
) {
  class Plugin {
    readonly refuser = refuser;

    constructor(config: unknown) {
      if (config === 'bad') throw new Error('timeout: Invalid input');
    }
  }
  Object.assign(Plugin.prototype, { [phase]: access });
  const logged: string[] = [];
  const rpc = new Rpc(new PluginHost('demo', { Plugin }), budget, LIMITS, (line) => logged.push(line));
  const peer = new TestPeer();
  let id = 0;
  const call = async (method: string, argument: unknown, frame: Partial<Frame> = {}, from = peer) => {
    const bytes = encode([0, ++id, `plugin.${method}`, [argument]]);
    const answered = from.next(id);
    rpc.receive({ bytes, bodies: undefined, isTruncated: false, ...frame }, from);
    return answered;
  };
  return {
    rpc,
    budget,
    logged,
    peer,
    call,
    async begin(from = peer) {
      const { result } = await call('StartInstance', { Name: 'demo', Config: '{}' });
      return call('HandleEvent', { InstanceId: result.Id, EventName: phase }, {}, from);
    },
  };
}

interface Answered {
  error: string | null;
  result: { Id: number; EventId: number; Data: 'ret' | { Method: string; Args: unknown[] } };
}

class TestPeer {
  readonly #waiting = new Map<number, (answer: Answered) => void>();

  next(id: number): Promise<Answered> {
    return new Promise((resolve) => this.#waiting.set(id, resolve));
  }

  send(bytes: Uint8Array): void {
    const [, id, error, result] = decode(bytes) as [number, number, string | null, Answered['result']];
    this.#waiting.get(id)?.({ error, result });
  }
}

const refusal = (status: number, reason: 'overloaded' | 'timeout' | 'internal', headers = {}) => ({
  Method: 'kong.response.exit',
  Args: [
    status,
    expect.stringMatching(
      `^\\{"reason":"${reason}","status":"Prompt could not be inspected by CrowdStrike AIDR","code":"aidr_${reason}"`,
    ),
    { 'Content-Type': 'application/json', ...headers },
  ],
});

/** What a phase is refused with; the guard hears of it first, because it takes no other plugin's exit for an answer. */
async function refusedWith({ call }: ReturnType<typeof serve>, first: Answered): Promise<unknown> {
  const { EventId, Data } = first.result;
  expect(Data).toMatchObject({ Method: 'kong.ctx.shared.set' });
  const exit = (await call('Step', { EventId })).result.Data;
  expect(Data).toMatchObject({
    Args: ['crowdstrike_aidr_exits', String((exit as { Args: number[] }).Args[0])],
  });
  return exit;
}

describe('a phase', () => {
  it('asks Kong one thing at a time and ends with ret', async () => {
    const seen: unknown[] = [];
    const server = serve(async (kong) => {
      seen.push(...(await Promise.all([kong.request.getMethod?.(), kong.request.getRawBody?.(7)])));
    });
    const first = await server.begin();
    expect(first.result.Data).toEqual({ Method: 'kong.request.get_method', Args: [] });
    const second = await server.call('Step', { EventId: first.result.EventId, Data: 'POST' });
    expect(second.result.Data).toEqual({ Method: 'kong.request.get_raw_body', Args: [7] });
    const last = await server.call('Step', { EventId: first.result.EventId, Data: Buffer.from('{}') });
    expect(last.result.Data).toBe('ret');
    expect(seen).toEqual(['POST', Uint8Array.of(0x7b, 0x7d)]);
    expect(server.rpc.runningCount).toBe(0);
  });

  it.each<[string, (kong: Kong) => unknown]>([
    [
      'throws',
      () => {
        throw new Error('the prompt was: secret');
      },
    ],
    [
      'rejects',
      async () => {
        throw 'secret';
      },
    ],
    [
      'fails in a PDK proxy',
      async (kong) => {
        await (kong as unknown as { [key: symbol]: unknown })[Symbol('x')];
      },
    ],
  ])('that %s refuses the request and logs no message', async (_name, access) => {
    const server = serve(access);
    expect(await refusedWith(server, await server.begin())).toEqual(
      refusal(500, 'internal', { 'x-should-retry': 'false' }),
    );
    expect(server.rpc.refusals('internal')).toBe(1);
    expect(server.rpc.runningCount).toBe(0);
    expect(server.logged.join()).toContain('demo: a phase threw');
    expect(server.logged.join()).not.toContain('secret');
  });

  it('that throws with calls of its own unsent refuses the request all the same', async () => {
    const server = serve(async (kong) => {
      void kong.log.err?.('one');
      void kong.log.err?.('two');
      throw new Error('bug');
    });
    const first = await server.begin();
    expect(first.result.Data).toMatchObject({ Method: 'kong.log.err' });
    const next = await server.call('Step', { EventId: first.result.EventId });
    expect(await refusedWith(server, next)).toEqual(refusal(500, 'internal', { 'x-should-retry': 'false' }));
  });

  it('that is being refused is not heard any more, and is forgotten when Kong does not come back', async () => {
    let goOn = () => {};
    const server = serve(async (kong) => {
      await new Promise<void>((resolve) => {
        goOn = resolve;
      });
      await kong.log.err?.('too late');
    });
    const answer = server.begin();
    await new Promise((resolve) => setImmediate(resolve));
    server.rpc.sweep(Date.now() + LIMITS.replyDeadline + 1);
    goOn();
    const first = await answer;
    await new Promise((resolve) => setImmediate(resolve));
    server.rpc.sweep(Date.now() + LIMITS.stepDeadline + 1);
    expect(server.rpc.runningCount).toBe(0);
    expect(server.rpc.refusals('timeout')).toBe(1);
    expect((await server.call('Step', { EventId: first.result.EventId })).error).toMatch(
      /^no plugin instance/,
    );
  });

  it('whose PDK call fails sees the error', async () => {
    const server = serve(async (kong) => {
      await kong.request.getRawBody?.();
    });
    const first = await server.begin();
    const next = await server.call('StepError', { EventId: first.result.EventId, Data: 'no memory' });
    expect(await refusedWith(server, next)).toEqual(refusal(500, 'internal', { 'x-should-retry': 'false' }));
  });

  it('that exits without waiting still exits', async () => {
    const server = serve((kong) => {
      void kong.response.exit?.(403, 'no', {});
    });
    expect((await server.begin()).result.Data).toEqual({
      Method: 'kong.response.exit',
      Args: [403, 'no', {}],
    });
    expect(server.rpc.runningCount).toBe(0);
  });

  it('that goes on after its exit is not heard any more', async () => {
    let goesOn = false;
    const server = serve(async (kong) => {
      await kong.response.exit?.(403, 'no', {});
      goesOn = true;
      await kong.request.getMethod?.();
    });
    const { result } = await server.begin();
    await new Promise((resolve) => setImmediate(resolve));
    expect(goesOn).toBe(true);
    expect(server.rpc.runningCount).toBe(0);
    expect((await server.call('Step', { EventId: result.EventId })).error).toMatch(/^no plugin instance/);
  });

  it('that takes too long is refused before Kong loses patience', async () => {
    const server = serve(() => new Promise(() => undefined));
    const answer = server.begin();
    await new Promise((resolve) => setImmediate(resolve));
    server.rpc.sweep(Date.now() + LIMITS.replyDeadline - 100);
    expect(server.rpc.runningCount).toBe(1);
    server.rpc.sweep(Date.now() + LIMITS.replyDeadline + 1);
    expect(await refusedWith(server, await answer)).toEqual(refusal(503, 'timeout', { 'Retry-After': '1' }));
    expect(server.rpc.refusals('timeout')).toBe(1);
    expect(server.rpc.runningCount).toBe(0);
  });

  it('may wait longer for Kong, which may be reading a slow upload, but not for ever', async () => {
    const server = serve(async (kong) => kong.request.getRawBody?.(7));
    await server.begin();
    server.rpc.sweep(Date.now() + LIMITS.replyDeadline + 1);
    expect(server.rpc.runningCount).toBe(1);
    server.rpc.sweep(Date.now() + LIMITS.stepDeadline + 1);
    expect(server.rpc.runningCount).toBe(0);
  });

  it('ends when Kong closes the connection on which it waits', async () => {
    const server = serve(() => new Promise(() => undefined));
    void server.begin();
    await new Promise((resolve) => setImmediate(resolve));
    server.rpc.disconnected(new TestPeer());
    expect(server.rpc.runningCount).toBe(1);
    server.rpc.disconnected(server.peer);
    expect(server.rpc.runningCount).toBe(0);
  });

  it('goes on over another connection, as a Kong worker that is about to exit does it', async () => {
    const server = serve(async (kong) => kong.request.getMethod?.());
    const { EventId } = (await server.begin()).result;
    server.rpc.disconnected(server.peer);
    const other = new TestPeer();
    expect((await server.call('Step', { EventId, Data: 'POST' }, {}, other)).result.Data).toBe('ret');
  });

  it('ends soon after a connection closed on which Kong does not come back', async () => {
    const server = serve(async (kong) => kong.request.getMethod?.());
    await server.begin();
    server.rpc.disconnected(server.peer);
    server.rpc.sweep(Date.now() + LIMITS.absenceDeadline - 100);
    expect(server.rpc.runningCount).toBe(1);
    server.rpc.sweep(Date.now() + LIMITS.absenceDeadline + 1);
    expect(server.rpc.runningCount).toBe(0);
  });

  it('in which nothing can be refused any more just ends', async () => {
    const server = serve(() => {
      throw new Error('bug');
    }, 'log');
    expect((await server.begin()).result.Data).toBe('ret');
  });

  it('holds its bodies in the budget until it ends', async () => {
    const server = serve(async (kong) => {
      await kong.request.getRawBody?.(7);
      await kong.request.getMethod?.();
    });
    const { EventId } = (await server.begin()).result;
    await server.call('Step', { EventId, Data: 'body' }, bodyFrame(server.budget, 100_000));
    expect(server.budget.held).toBe(100_000);
    await server.call('Step', { EventId, Data: 'POST' });
    expect(server.budget.held).toBe(0);
  });

  it('whose body did not fit is refused, and the plugin never sees half of it', async () => {
    let seen = false;
    const server = serve(async (kong) => {
      await kong.request.getRawBody?.(7);
      seen = true;
    });
    const { EventId } = (await server.begin()).result;
    const answer = await server.call('Step', { EventId, Data: null }, { isTruncated: true });
    expect(await refusedWith(server, answer)).toEqual(refusal(503, 'overloaded', { 'Retry-After': '1' }));
    expect(server.rpc.refusals('overloaded')).toBe(1);
    expect(seen).toBe(false);
    expect(server.rpc.runningCount).toBe(0);
  });
});

describe('a phase that is refused', () => {
  const OWN: Refuser = {
    neverRefuses: false,
    replyToFailure: (direction, why) => ({
      status: 503,
      headers: { own: 'words' },
      body: `${direction} ${why}`,
    }),
  };
  const exitWith = (why: string) => ({
    Method: 'kong.response.exit',
    Args: [503, `request ${why}`, { own: 'words' }],
  });
  const waits = () => new Promise(() => undefined);
  const throws = () => Promise.reject(new Error('bug'));
  const reads = async (kong: Kong) => kong.request.getRawBody?.(7);

  /** Begins the phase and lets it end as the plugin server has to end it. */
  async function refused(why: PhaseFailure, refuser: unknown) {
    const access = { overloaded: reads, timeout: waits, internal: throws }[why];
    const server = serve(access, 'access', undefined, refuser);
    const asked = server.begin();
    await new Promise((resolve) => setImmediate(resolve));
    if (why === 'timeout') server.rpc.sweep(Date.now() + LIMITS.replyDeadline + 1);
    const first = await asked;
    if (why !== 'overloaded') return { server, first };
    const { EventId } = first.result;
    return { server, first: await server.call('Step', { EventId, Data: null }, { isTruncated: true }) };
  }

  it.each(PHASE_FAILURES)('because of %s gets the words of its instance', async (why) => {
    const { server, first } = await refused(why, OWN);
    expect(await refusedWith(server, first)).toEqual(exitWith(why));
  });

  it.each(PHASE_FAILURES)('because of %s ends where the instance never refuses', async (why) => {
    const { first } = await refused(why, { ...OWN, neverRefuses: true });
    expect(first.result.Data).toBe('ret');
  });

  it('names nobody where the instance cannot even say that', async () => {
    const replyToFailure = () => {
      throw new Error('bug');
    };
    const { server, first } = await refused('internal', { ...OWN, replyToFailure });
    expect(JSON.stringify(await refusedWith(server, first))).not.toMatch(/crowdstrike|aidr_/i);
  });

  it.each([undefined, null, 'x', {}])(
    'gets the words of this server where the plugin has none (%j)',
    async (given) => {
      const { server, first } = await refused('timeout', given);
      expect(await refusedWith(server, first)).toEqual(refusal(503, 'timeout', { 'Retry-After': '1' }));
    },
  );
});

/** A frame with a body that has just arrived. */
function bodyFrame(budget: BodyBudget, bytes: number): Partial<Frame> {
  return { bodies: budget.arrive(bytes, () => undefined) };
}

describe('the bodies of a phase', () => {
  const OVERLOADED = refusal(503, 'overloaded', { 'Retry-After': '1' });

  /** A phase that says whose its body is, and goes on until the body is lost. */
  function begunBy(caller: string, bytes: number, budget?: BodyBudget) {
    const charged = Promise.withResolvers<boolean>();
    const lost = Promise.withResolvers<void>();
    const server = serve(
      async (kong, bodies) => {
        await kong.request.getRawBody?.(7);
        charged.resolve(bodies.chargeTo(caller));
        const { signal } = bodies;
        signal?.addEventListener('abort', () => isRevoked(signal) && lost.resolve());
        await lost.promise;
        await kong.log.notice?.('lost');
      },
      'access',
      budget,
    );
    const asked = server.begin();
    const ended = asked.then(({ result: { EventId } }) =>
      server.call('Step', { EventId, Data: 'body' }, bodyFrame(server.budget, bytes)),
    );
    return { server, charged: charged.promise, ended };
  }

  it('are charged to their caller, who may have all there is', async () => {
    const { server, charged } = begunBy('a', 1_000_000);
    expect(await charged).toBe(true);
    expect(server.budget.held).toBe(1_000_000);
  });

  it('have no room where the caller has all of it', async () => {
    const { server, charged } = begunBy('a', 1_000_000);
    await charged;
    const more = begunBy('a', 200_000, server.budget);
    expect(await more.charged).toBe(false);
    expect(server.budget.held).toBe(1_000_000);
    expect(server.budget.shortages('total')).toBe(1);
  });

  it('make room for another caller: the plugin is told, and ends the phase as it likes', async () => {
    const { server, charged, ended } = begunBy('a', 1_000_000);
    await charged;
    expect(await begunBy('b', 200_000, server.budget).charged).toBe(true);
    expect((await ended).result.Data).toEqual({ Method: 'kong.log.notice', Args: ['lost'] });
    expect(server.budget.held).toBe(200_000);
  });

  it('that come later are charged as well, or refused before the plugin has them', async () => {
    const seen: unknown[] = [];
    const server = serve(async (kong, bodies) => {
      bodies.chargeTo('a');
      seen.push(await kong.request.getRawBody?.(7), await kong.request.getRawBody?.(7));
    });
    const { EventId } = (await server.begin()).result;
    await server.call('Step', { EventId, Data: 'first' }, bodyFrame(server.budget, 900_000));
    const refused = await server.call('Step', { EventId, Data: 'second' }, bodyFrame(server.budget, 200_000));
    expect(await refusedWith(server, refused)).toEqual(OVERLOADED);
    expect([server.budget.held, seen]).toEqual([0, []]);
  });

  it.each([
    ['of a plugin that does not listen', (_: Kong, bodies: BodyReservation) => void bodies.chargeTo('a')],
    ['of a plugin that does not say whose they are', () => undefined],
  ])('%s: the server refuses in its place', async (_name, use) => {
    const server = serve(async (kong, bodies) => {
      await kong.request.getRawBody?.(7);
      use(kong, bodies);
      await new Promise(() => undefined);
    });
    const { EventId } = (await server.begin()).result;
    const answer = server.call('Step', { EventId, Data: 'body' }, bodyFrame(server.budget, 1_000_000));
    await begunBy('b', 200_000, server.budget).charged;
    server.budget.arrive(200_000, () => undefined);
    expect(await refusedWith(server, await answer)).toEqual(OVERLOADED);
    expect(server.rpc.refusals('overloaded')).toBe(1);
    expect(server.budget.held).toBe(400_000);
  });

  it('have no signal where none is counted', async () => {
    const signals: unknown[] = [];
    const server = serve((_, bodies) => signals.push(bodies.chargeTo('a'), bodies.signal));
    await server.begin();
    expect(signals).toEqual([true, undefined]);
  });
});

describe('an instance', () => {
  it('has an id that nobody can guess and that means nothing in another process', async () => {
    const ids = new Set<number>();
    for (let i = 0; i < 100; i++) {
      const { result } = await serve(() => undefined).call('StartInstance', { Name: 'demo', Config: '{}' });
      ids.add(result.Id);
    }
    expect(ids.size).toBe(100);
    expect(Math.max(...ids)).toBeGreaterThan(2 ** 32);
  });

  it('that is unknown makes Kong start a new one', async () => {
    const server = serve(() => undefined);
    const event = await server.call('HandleEvent', { InstanceId: 0, EventName: 'access' });
    expect(event.error).toBe('no plugin instance #0');
    expect((await server.call('Step', { EventId: 4, Data: 1 })).error).toBe(
      'no plugin instance for event #4',
    );
    expect((await server.call('InstanceStatus', 0)).error).toBe('no plugin instance #0');
    expect((await server.call('CloseInstance', 0)).error).toBe('no plugin instance #0');
  });

  it('that was closed is unknown', async () => {
    const server = serve(() => undefined);
    const { result } = await server.call('StartInstance', { Name: 'demo', Config: '{}' });
    expect((await server.call('InstanceStatus', result.Id)).error).toBeNull();
    expect((await server.call('CloseInstance', result.Id)).error).toBeNull();
    const event = await server.call('HandleEvent', { InstanceId: result.Id, EventName: 'access' });
    expect(event.error).toBe(`no plugin instance #${result.Id}`);
  });

  it('with a bad configuration does not start, and says why', async () => {
    const server = serve(() => undefined);
    expect((await server.call('StartInstance', { Name: 'demo', Config: '"bad"' })).error).toBe(
      'timeout: Invalid input',
    );
    expect((await server.call('StartInstance', { Name: 'other', Config: '{}' })).error).toContain(
      'serves demo only',
    );
    expect((await server.call('StartInstance', { Name: 'demo', Config: '{' })).error).toContain('JSON');
  });

  it('does not give its configuration back: it holds the key', async () => {
    const server = serve(() => undefined);
    const started = await server.call('StartInstance', { Name: 'demo', Config: '{"key":"pts_secret"}' });
    expect(JSON.stringify(started)).not.toContain('pts_secret');
  });

  it.each(['constructor', 'toString', 'response', ''])('has no phase %s', async (phase) => {
    const server = serve(() => undefined);
    const { result } = await server.call('StartInstance', { Name: 'demo', Config: '{}' });
    const event = await server.call('HandleEvent', { InstanceId: result.Id, EventName: phase });
    expect(event.error).toBe('demo has no such phase');
  });
});

it('an unknown method is an error of that call only', async () => {
  expect((await serve(() => undefined).call('Reboot', {})).error).toBe('unknown method plugin.Reboot');
});
