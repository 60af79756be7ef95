/** A plugin server inside the test: its answers are a test's to decide, down to the bytes. */

import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeMultiStream, encode } from '@msgpack/msgpack';
import type { PluginServerSpec } from '../index.ts';

/** A call as it came: message id, method, arguments. */
export interface RpcCall {
  readonly id: number;
  readonly method: string;
  readonly args: readonly unknown[];
}

/** A plugin's phase: yields PDK calls, gets their results, returns at its end. */
export type PhaseScript = (
  phase: string,
) => Generator<readonly [method: string, ...args: unknown[]], void, unknown>;

export interface FakePluginServer {
  readonly spec: PluginServerSpec;
  readonly calls: RpcCall[];
  /** Answers a call: `[error, result]`, or `undefined` to stay silent. */
  respond: (call: RpcCall, socket: Socket) => readonly [error: unknown, result: unknown] | undefined;
  /** Drops every connection and listens no more. */
  down(): Promise<void>;
  up(): Promise<void>;
  close(): Promise<void>;
}

/** The description that the fake server's query command prints. */
export interface Description {
  readonly name: string;
  readonly phases: readonly string[];
  readonly priority?: number;
  readonly fields?: readonly unknown[];
}

/** Starts a plugin server that plays a script for every phase. */
export async function startFakePluginServer(
  description: Description,
  script: PhaseScript,
): Promise<FakePluginServer> {
  const folder = mkdtempSync(join(tmpdir(), 'fake-plugin-server-'));
  const socket = join(folder, 'fake.sock');
  const open = new Set<Socket>();
  let listening: Server | undefined;
  const fake: FakePluginServer = {
    spec: { name: description.name, socket, queryCommand: printing(description) },
    calls: [],
    respond: scripted(script),
    down: async () => {
      for (const one of open) one.destroy();
      await new Promise((resolve) => listening?.close(resolve));
    },
    up: async () => {
      const server = createServer((connection) => {
        open.add(connection);
        connection.on('close', () => open.delete(connection));
        connection.on('error', () => undefined);
        void serve(fake, connection).catch(() => connection.destroy());
      });
      listening = server;
      await new Promise<void>((resolve) => server.listen(socket, resolve));
    },
    close: async () => {
      await fake.down();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  await fake.up();
  return fake;
}

/** The default answers: instances numbered from 0, events played from the script. */
export function scripted(script: PhaseScript): FakePluginServer['respond'] {
  const events = new Map<number, ReturnType<PhaseScript>>();
  let instances = 0;
  const step = (eventId: number, result?: unknown): readonly [undefined, unknown] => {
    const next = events.get(eventId)?.next(result);
    if (next === undefined || next.done === true) return [undefined, { EventId: eventId, Data: 'ret' }];
    const [Method, ...Args] = next.value;
    return [undefined, { EventId: eventId, Data: { Method, Args } }];
  };
  return ({ method, args }) => {
    const argument = args[0] as { Name?: string; EventName?: string; EventId?: number; Data?: unknown };
    if (method === 'plugin.StartInstance') return [undefined, { Name: argument.Name, Id: instances++ }];
    if (method === 'plugin.CloseInstance') return [undefined, {}];
    if (method !== 'plugin.HandleEvent') return step(argument.EventId ?? -1, argument.Data);
    const eventId = events.size;
    events.set(eventId, script(argument.EventName ?? ''));
    return step(eventId);
  };
}

/** A query command that prints one plugin. */
export function printing({ name, phases, priority = 770, fields = [] }: Description): string[] {
  const dump = [
    {
      Name: name,
      Version: '1.0.0',
      Phases: phases,
      Priority: priority,
      Schema: { name, fields: [{ config: { type: 'record', fields } }] },
    },
  ];
  return ['printf', '%s', JSON.stringify(dump)];
}

async function serve(fake: FakePluginServer, connection: Socket): Promise<void> {
  for await (const message of decodeMultiStream(connection)) {
    const [, id, method, args] = message as [number, number, string, unknown[]];
    const call = { id, method, args };
    fake.calls.push(call);
    const answer = fake.respond(call, connection);
    if (answer !== undefined)
      connection.write(encode([1, id, answer[0] ?? null, answer[1]], { ignoreUndefined: true }));
  }
}
