import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { type Emulator, type Fault, startEmulator } from '../../testkit/aidr-emulator/index.ts';
import { AidrClient } from './client.ts';
import { CollectorKey } from './collector-key.ts';
import { endpointOf } from './endpoint.ts';
import type { GuardMetadata } from './request.ts';
import { AidrSession } from './session.ts';

const emulator = await startEmulator();
const others: Emulator[] = [];
afterAll(() => Promise.all([emulator, ...others].map((one) => one.stop())));
beforeEach(() => emulator.reset());

/** What a server refused is known for as long as the process lives: each test has a server of its own. */
async function newServer(unknown: readonly string[]): Promise<Emulator> {
  const server = await startEmulator();
  others.push(server);
  server.setUnknownFields(unknown);
  return server;
}

const NEWER: GuardMetadata = {
  ...{ session_id: 's', conversation_id: 'c', span_id: '00f067aa0ba902b7', hostname: 'h' },
  ...{ agent_type: 'chatbot' as const, is_agent: false },
  extra_info: { app_name: 'a', user_name: 'Ann', user_group: 'staff', kong_request_id: 'r' },
};

function clientOf({ url }: Emulator) {
  const told: string[] = [];
  const client = new AidrClient(endpointOf(url, true), new CollectorKey('pts_demo'), undefined, (fields) =>
    told.push(fields.join(' ')),
  );
  return { client, told };
}

async function ask(client: AidrClient, metadata: GuardMetadata = NEWER, timeout = 5_000) {
  const session = new AidrSession(client, { timeout, caller: 'a', mayFailOpen: false });
  const inspected = await session.guard({
    event_type: 'input',
    user_id: 'u',
    ...metadata,
    guard_input: { messages: [{ role: 'user', content: 'Hello' }] },
  });
  const { attempts } = session.end();
  return { outcome: inspected.ok ? inspected.verdict.kind : inspected.failure.class, attempts };
}

const bodies = ({ calls }: Emulator) => calls.map(({ body }) => body as Record<string, unknown>);

describe('a field that AIDR refuses by name', () => {
  it('is left out of the same call once more, and of every call after it, with one word of it', async () => {
    const server = await newServer(['/span_id', '/session_id', '/extra_info/user_name']);
    const { client, told } = clientOf(server);
    expect(await ask(client)).toEqual({ outcome: 'passed', attempts: 2 });
    expect(await ask(clientOf(server).client)).toEqual({ outcome: 'passed', attempts: 1 });
    expect(told).toEqual(['/span_id /session_id /extra_info/user_name']);
    const { session_id: _, span_id: __, ...kept } = NEWER;
    const { user_name: ___, ...info } = NEWER.extra_info ?? {};
    for (const body of bodies(server).slice(1)) {
      expect(body).toEqual({
        ...{ event_type: 'input', user_id: 'u', ...kept, extra_info: info },
        guard_input: { messages: [{ role: 'user', content: 'Hello' }] },
      });
    }
    expect(bodies(server)[0]).toMatchObject(NEWER);
  });

  it('is left out of calls that were under way at the time, too, and told once', async () => {
    const server = await newServer(['/span_id']);
    const { client, told } = clientOf(server);
    const all = await Promise.all(Array.from({ length: 5 }, () => ask(client)));
    expect(all.map(({ outcome }) => outcome)).toEqual(Array(5).fill('passed'));
    expect(told).toEqual(['/span_id']);
  });

  it('is left out where AIDR names one field at a time', async () => {
    const server = await newServer(['/span_id', '/hostname', '/is_agent']);
    const one = (body: unknown) => {
      const { result, ...rest } = body as { result: { errors?: unknown[] } };
      return result.errors ? { ...rest, result: { errors: result.errors.slice(0, 1) } } : body;
    };
    server.fault({ kind: 'answer', answer: one });
    expect(await ask(clientOf(server).client)).toEqual({ outcome: 'passed', attempts: 4 });
  });

  it('is left out at that server alone', async () => {
    const server = await newServer(['/span_id']);
    await ask(clientOf(server).client);
    await ask(clientOf(emulator).client);
    expect(bodies(emulator)).toMatchObject([NEWER]);
  });

  it('costs no more than the deadline', async () => {
    const server = await newServer(['/span_id']);
    server.fault([
      { kind: 'delay', delayMs: 200 },
      { kind: 'delay', delayMs: 60_000 },
    ]);
    const began = performance.now();
    expect(await ask(clientOf(server).client, NEWER, 500)).toMatchObject({ outcome: 'timeout' });
    expect(performance.now() - began).toBeLessThan(10_000);
  });
});

describe('what is no refusal of a field', () => {
  const unexpected = (...sources: unknown[]) => ({
    status: 'ValidationError',
    summary: '',
    result: { errors: sources.map((source) => ({ code: 'UnexpectedProperty', detail: 'x', source })) },
  });
  const other = (body: object, status = 400): Fault => ({
    ...{ kind: 'patch', status },
    patch: { ...{ summary: null, result: null }, ...body },
  });

  it.each<[string, Fault, string]>([
    [
      'a field by which AIDR decides',
      other(unexpected('/user_id', '/app_id', '/event_type')),
      'rejected_input',
    ],
    ['the texts', other(unexpected('/guard_input')), 'rejected_input'],
    ['a part of the texts', other(unexpected('/guard_input/messages/0/span_id')), 'rejected_input'],
    ['all metadata at once', other(unexpected('/extra_info', '', '/')), 'rejected_input'],
    ['a field that was not sent', other(unexpected('/trace_id', '/domain')), 'rejected_input'],
    ['no pointer', other(unexpected(null, 7, ['/span_id'], 'span_id')), 'rejected_input'],
    [
      'another error about a field',
      other({
        status: 'ValidationError',
        result: { errors: [{ code: 'InvalidString', source: '/span_id' }] },
      }),
      'rejected_input',
    ],
    ['another status of AIDR', other({ ...unexpected('/span_id'), status: 'Failed' }), 'rejected_input'],
    ['another status of HTTP', other(unexpected('/span_id'), 422), 'rejected_input'],
    [
      'errors that are no list',
      other({ status: 'ValidationError', result: { errors: {} } }),
      'rejected_input',
    ],
    [
      'a block, whatever else it says',
      other({ ...unexpected('/span_id'), result: { ...unexpected('/span_id').result, blocked: true } }),
      'blocked',
    ],
  ])('is %s', async (_name, fault, outcome) => {
    const { client, told } = clientOf(emulator);
    emulator.fault([fault]);
    expect(await ask(client)).toEqual({ outcome, attempts: 1 });
    expect(told).toEqual([]);
    expect(await ask(client)).toEqual({ outcome: 'passed', attempts: 1 });
    expect(bodies(emulator).at(-1)).toMatchObject(NEWER);
  });
});
