import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { type AddressInfo, Socket } from 'node:net';
import { Pool } from 'undici';
import { afterEach, expect, test, vi } from 'vitest';
import { type UpstreamAnswer, UpstreamReader } from './upstream-reader.ts';

let server: Server | undefined;
let pool: Pool | undefined;

afterEach(async () => {
  await pool?.destroy();
  server?.closeAllConnections();
  server?.close();
});

async function ask(serve: RequestListener, signal = new AbortController().signal): Promise<UpstreamAnswer> {
  server = createServer(serve).listen(0, '127.0.0.1');
  await once(server, 'listening');
  pool = new Pool(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const reader = new UpstreamReader(signal);
  pool.dispatch({ method: 'GET', path: '/' }, reader);
  return reader.answer;
}

async function textOf({ body }: UpstreamAnswer): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

test('has the head as it was written, and all of the body', async () => {
  const answer = await ask((_, response) => {
    response.writeHead(201, ['X-One', 'a', 'x-one', 'b']).write('first ');
    setImmediate(() => response.end('second'));
  });
  expect(answer.status).toBe(201);
  expect(answer.headers.slice(0, 4)).toEqual(['X-One', 'a', 'x-one', 'b']);
  expect(await textOf(answer)).toBe('first second');
});

test('steps over interim answers, and has no bytes where there are none', async () => {
  const answer = await ask((_, response) => {
    response.writeEarlyHints({ link: '</a>; rel=preload' }, () => response.writeHead(204).end());
  });
  expect(answer.status).toBe(204);
  expect(await textOf(answer)).toBe('');
});

test('takes no more than is taken from it', async () => {
  let written = 0;
  const size = 16 * 1_048_576;
  const answer = await ask((_, response) => {
    const piece = Buffer.alloc(65_536);
    const write = () => {
      for (; written < size; ) {
        written += piece.length;
        if (!response.write(piece)) return;
      }
      response.end();
    };
    response.on('drain', write);
    write();
  });
  // The kernel's buffers fill up, and then nothing more is written.
  await vi.waitUntil(async () => {
    const before = written;
    await new Promise((resolve) => setTimeout(resolve, 50));
    return written === before;
  });
  expect(written).toBeLessThan(size);
  expect((await textOf(answer)).length).toBe(size);
});

test('an answer that breaks off is an error, also where nobody waits', async () => {
  const answer = await ask((_, response) => {
    response.writeHead(200, { 'content-length': '10' }).write('12345', () => response.destroy());
  });
  await expect(textOf(answer)).rejects.toThrow();
  await expect(textOf(answer)).rejects.toThrow();
});

test.each([
  ['before the head', (_: unknown) => undefined],
  ['within the body', (response: { write(text: string): void }) => response.write('a')],
])('an abort ends it %s, with its reason', async (_, begin) => {
  const abort = new AbortController();
  const closed = Promise.withResolvers<void>();
  const read = ask((request, response) => {
    request.socket.once('close', () => closed.resolve());
    begin(response);
    setImmediate(() => abort.abort(new Error('given up')));
  }, abort.signal).then(textOf);
  await expect(read).rejects.toThrow('given up');
  await closed.promise;
});

test('an abort drops what is there and was not taken, also when it is all', async () => {
  const abort = new AbortController();
  const answer = await ask((_, response) => void response.end('all'), abort.signal);
  await pool?.close();
  abort.abort(new Error('given up'));
  await expect(textOf(answer)).rejects.toThrow('given up');
});

test('leaving a loop over it ends the connection', async () => {
  const sockets: Socket[] = [];
  const answer = await ask((request, response) => {
    sockets.push(request.socket);
    response.write('a');
  });
  for await (const chunk of answer.body) {
    expect(Buffer.from(chunk).toString()).toBe('a');
    break;
  }
  await vi.waitUntil(() => sockets[0]?.destroyed);
});

test.each(['there is one', 'there is none'])(
  'an abort that comes before the connection ends it when %s',
  async (what) => {
    const connecting = Promise.withResolvers<(error: Error | null) => void>();
    pool = new Pool('http://127.0.0.1:9', {
      connect: (_, callback) => {
        const socket = Object.assign(new Socket(), { alpnProtocol: null });
        connecting.resolve((error) => (error ? callback(error, null) : callback(null, socket)));
      },
    });
    const abort = new AbortController();
    const reader = new UpstreamReader(abort.signal);
    pool.dispatch({ method: 'POST', path: '/', body: Buffer.alloc(1_048_576) }, reader);
    let isSettled = false;
    const answer = reader.answer.finally(() => {
      isSettled = true;
    });
    const connected = await connecting.promise;
    abort.abort(new Error('given up'));
    await new Promise((resolve) => setTimeout(resolve, 20));
    // Undici holds the body until then.
    expect([isSettled, pool.stats.pending]).toEqual([false, 1]);
    connected(what === 'there is one' ? null : new Error('no connection'));
    await expect(answer).rejects.toThrow(what === 'there is one' ? 'given up' : 'no connection');
    expect(pool.stats.pending).toBe(0);
  },
);

test('a call that is given up before it begins is not made', async () => {
  let asked = 0;
  const gone = AbortSignal.abort(new Error('given up'));
  await expect(ask(() => void asked++, gone)).rejects.toThrow('given up');
  await pool?.close();
  expect(asked).toBe(0);
});
