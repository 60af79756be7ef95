import { once } from 'node:events';
import { closeSync, mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type Server, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { decodeMulti, encode } from '@msgpack/msgpack';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type HeldConnection, HeldConnections } from './held-connections.ts';
import { PluginServer } from './plugin-server.ts';
import { refuserInStyle } from './refusal.ts';
import { NotedRefusals, RefusalNotes } from './refusal-notes.ts';
import { refusingHost } from './refusing-plugin.ts';
import { type ConnectionJournal, JournalReader, openNameless, ReplyJournal } from './reply-journal.ts';

const SPOILT = 0xc1;
const NOTIFICATION = 2;
const LIMITS = { replyDeadline: 60_000, stepDeadline: 60_000, absenceDeadline: 60_000 };
const refuser = { ...refuserInStyle('provider', false), key: 'k' };
const owed = { messageId: 7, phase: 'access', refuser };

let folder: string;
let listener: Server;
let held: HeldConnections;
let server: PluginServer;
let connection: HeldConnection;
/** Kong's end. */
let kong: Socket;
let received: Buffer;
/** As the serving process writes it. */
let journal: ConnectionJournal;
let descriptor: number;
let notes: number;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'aidr-held-'));
  descriptor = openNameless(folder, 'journal');
  notes = openNameless(folder, 'refusals');
  const refusals = new NotedRefusals(notes);
  const serving = new ReplyJournal(descriptor, new RefusalNotes(notes));
  held = new HeldConnections(new JournalReader(descriptor, refusals), 300, 200);
  server = new PluginServer({
    hosts: [refusingHost('a', refusals)],
    maxBytesInFlight: 0,
    ...LIMITS,
    log: () => undefined,
  });
  listener = createServer({ pauseOnConnect: true }).listen(join(folder, 'socket'));
  await once(listener, 'listening');
  const accepted = once(listener, 'connection');
  kong = connect(join(folder, 'socket'));
  received = Buffer.alloc(0);
  kong.on('data', (chunk) => {
    received = Buffer.concat([received, chunk]);
  });
  const [socket] = await accepted;
  connection = held.add(0, socket as Socket);
  journal = serving.connection(connection.slot);
});
afterEach(async () => {
  kong.destroy();
  listener.close();
  await server.stop(0);
  closeSync(descriptor);
  closeSync(notes);
  rmSync(folder, { recursive: true });
});

const say = (id: number, method: string, argument: unknown) =>
  kong.write(encode([0, id, method, [argument]]));
const start = (id: number, config: object = {}) =>
  say(id, 'plugin.StartInstance', { Name: 'a', Config: JSON.stringify(config) });
const takeOver = (onBoundary: () => void = () => undefined) => held.takeOver(connection, server, onBoundary);
/** What Kong has read as answers, once that is so many. */
async function heard(count = 1): Promise<unknown[]> {
  await expect.poll(() => answersIn(received).length).toBe(count);
  return answersIn(received);
}
const answersIn = (bytes: Buffer) =>
  [...decodeMulti(bytes)].filter((message) => (message as unknown[])[0] !== NOTIFICATION);
const isSpoilt = () => expect.poll(() => received.at(-1)).toBe(SPOILT);

describe('a connection whose serving process is gone', () => {
  it('gets the refusal of the phase that waits', async () => {
    journal.owe(owed, true);
    takeOver();
    expect(await heard()).toMatchObject([[1, 7, null, { Data: { Method: 'kong.response.exit' } }]]);
  });

  it('gets no refusal of a phase that has been answered, as Kong shows when it goes on', async () => {
    journal.owe(owed, true);
    say(8, 'plugin.Step', { EventId: 1, Data: null });
    takeOver();
    expect(await heard()).toMatchObject([[1, 8, expect.stringContaining('no plugin instance'), null]]);
    await sleep(100);
    expect(await heard()).toHaveLength(1);
  });

  it('gets an instance that is not there for one that was being started: Kong starts it anew', async () => {
    journal.starting(7);
    takeOver();
    const [[, , , instance]] = (await heard()) as [[unknown, unknown, unknown, { Id: number }]];
    expect(instance.Id).toBeGreaterThan(0);
    say(8, 'plugin.HandleEvent', { InstanceId: instance.Id, EventName: 'access' });
    expect(await heard(2)).toMatchObject([{}, [1, 8, expect.stringContaining('no plugin instance'), null]]);
  });

  it.each(['before the process died', 'afterwards'])('is served when Kong speaks %s', async (when) => {
    journal.owe(owed, true);
    journal.paid();
    if (when === 'before the process died') start(9);
    takeOver();
    await sleep(100);
    if (when === 'afterwards') start(9);
    expect(await heard()).toMatchObject([[1, 9, null, { Name: 'a' }]]);
  });

  it('is broken when Kong may wait for what the process had just read', async () => {
    takeOver();
    expect(connection.isUnsettled).toBe(true);
    await isSpoilt();
  });

  it('is served when a worker of Kong stood still meanwhile, and throws away what broke it', async () => {
    kong.pause();
    takeOver();
    await expect.poll(() => connection.isUnsettled).toBe(undefined);
    kong.resume();
    await isSpoilt();
    received = Buffer.alloc(0);
    start(9);
    expect(await heard()).toMatchObject([[1, 9, null, { Name: 'a' }]]);
  });

  it('is left alone when Kong waits for nothing, and so closes it', async () => {
    takeOver();
    await once(kong, 'data');
    kong.destroy();
    await expect.poll(() => held.all()).toEqual([]);
    expect(received.includes(SPOILT)).toBe(false);
  });

  it('is broken where Kong is in the middle of saying', async () => {
    journal.readPart();
    kong.write('the rest of a body');
    takeOver();
    await isSpoilt();
  });

  it('is broken where what comes begins like the end of a message', async () => {
    kong.write('the rest of a body');
    takeOver();
    await isSpoilt();
  });

  it('is broken where what comes is a message that does not end', async () => {
    kong.write(Buffer.from([0xdb, 0x7f, 0xff, 0xff, 0xff]));
    takeOver();
    await isSpoilt();
  });

  it('is not handed over before Kong has its answer', async () => {
    journal.owe(owed, true);
    let answered: number | undefined;
    takeOver(() => {
      answered ??= received.length + connection.socket.bytesWritten;
    });
    expect(connection.isUnsettled).toBe(true);
    await heard();
    expect(answered).toBeGreaterThan(0);
  });
});

describe('a connection that the serving process has', () => {
  it('keeps its slot until it is closed there, too, and closes no other one', async () => {
    held.offer(connection, 1);
    connection.socket.destroy();
    await expect.poll(() => held.size).toBe(0);
    const [next, later] = [held.add(0, new Socket()), held.add(0, new Socket())];
    expect([next.slot, later.slot]).not.toContain(connection.slot);
    held.close(1);
    expect([next.socket.destroyed, later.socket.destroyed]).toEqual([false, false]);
    expect(held.add(0, new Socket()).slot).toBe(connection.slot);
  });

  it('is closed with it, and its slot is free', async () => {
    held.offer(connection, 1);
    held.close(1);
    await expect.poll(() => held.size).toBe(0);
    expect(held.add(0, new Socket()).slot).toBe(connection.slot);
  });

  it.each(['before', 'after'])(
    'has a slot that is free %s it is closed here, once the process is gone',
    async (when) => {
      held.offer(connection, 1);
      if (when === 'before') held.takeAllBack();
      connection.socket.destroy();
      await expect.poll(() => held.size).toBe(0);
      held.takeAllBack();
      held.close(1);
      expect(held.add(0, new Socket()).slot).toBe(connection.slot);
      expect(held.add(0, new Socket()).slot).not.toBe(connection.slot);
    },
  );
});

describe('a connection on which every request is refused', () => {
  it('is handed over only when the phase on it has its answer, also where that is to pass', async () => {
    held.refuse(connection, server, () => held.handOver(connection));
    start(1, { enforcing_strategy: 'audit' });
    const [[, , , { Id }]] = (await heard()) as [[unknown, unknown, unknown, { Id: number }]];
    held.refuse(connection, server, () => held.handOver(connection));
    say(2, 'plugin.HandleEvent', { InstanceId: Id, EventName: 'access' });
    expect(await heard(2)).toMatchObject([{}, [1, 2, null, { Data: 'ret' }]]);
    await expect.poll(() => connection.refused).toBeUndefined();
  });
});
