import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Agent } from 'undici';
import { afterEach, describe, expect, it } from 'vitest';
import { AnswerReader, type RawAnswer } from './answer-reader.ts';

const open: { close(): unknown }[] = [];
afterEach(() => Promise.all(open.splice(0).map((one) => one.close())));

const LIMIT = 8;

async function read(
  answer: (response: ServerResponse) => void,
  signal = new AbortController().signal,
): Promise<RawAnswer> {
  const server: Server = createServer((_, response) => answer(response)).listen(0, '127.0.0.1');
  await new Promise((ready) => server.once('listening', ready));
  const agent = new Agent({ connections: 1 });
  open.push({ close: () => void server.close().closeAllConnections() }, { close: () => agent.destroy() });
  const reader = new AnswerReader(signal, (status) => (status === 200 ? LIMIT : LIMIT / 2));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  agent.dispatch({ origin, path: '/', method: 'GET' }, reader);
  return reader.answer;
}

describe('an answer', () => {
  it.each([
    ['in one piece', ['whole']],
    ['in pieces', ['in ', 'two', '!']],
    ['that is empty', []],
  ])('is read: one %s', async (_name, pieces) => {
    const { body } = await read(async (response) => {
      for (const piece of pieces) await new Promise((written) => response.write(piece, written));
      response.end();
    });
    expect(String(body)).toBe(pieces.join(''));
  });

  it('is the last one: interim answers are none', async () => {
    const answer = await read((response) => {
      response.writeEarlyHints({ link: '</style.css>; rel=preload' });
      response.writeHead(429, { 'retry-after': '7' }).end('no');
    });
    expect(answer).toMatchObject({ status: 429, headers: { 'retry-after': '7' }, body: Buffer.from('no') });
  });

  it.each([
    [200, LIMIT, true],
    [200, LIMIT + 1, false],
    [500, LIMIT / 2, true],
    [500, LIMIT / 2 + 1, false],
  ])('with status %i and %i bytes is read: %s', async (status, length, isRead) => {
    const answer = await read((response) => void response.writeHead(status).end('x'.repeat(length)));
    expect([answer.status, answer.body?.length]).toEqual([status, isRead ? length : undefined]);
  });

  it('without end is not waited for once it is too large', async () => {
    const answer = await read((response) => void response.write('x'.repeat(LIMIT + 1)));
    expect(answer.body).toBeUndefined();
  });

  it.each<[string, (response: ServerResponse) => void]>([
    ['before its head', (response) => response.destroy()],
    ['before its end', (response) => void response.write('x', () => response.destroy())],
    [
      'before the length it announces',
      (response) =>
        void response.writeHead(200, { 'content-length': 5 }).write('x', () => response.destroy()),
    ],
  ])('that breaks off %s is an error', async (_name, answer) => {
    await expect(read(answer)).rejects.toMatchObject({ code: 'UND_ERR_SOCKET' });
  });
});

describe('the signal ends a call', () => {
  it.each<[string, (response: ServerResponse, end: () => void) => void]>([
    ['that waits for its head', (_, end) => end()],
    ['that waits for more', (response, end) => void response.write('x', () => setImmediate(end))],
  ])('%s', async (_name, answer) => {
    const abort = new AbortController();
    const reason = new Error('no time');
    await expect(read((response) => answer(response, () => abort.abort(reason)), abort.signal)).rejects.toBe(
      reason,
    );
  });

  it('that waits for a connection, and does not begin it afterwards', async () => {
    const asked: string[] = [];
    const waiting: ServerResponse[] = [];
    const server = createServer((request, response) => {
      asked.push(String(request.url));
      waiting.push(response);
    }).listen(0, '127.0.0.1');
    await new Promise((ready) => server.once('listening', ready));
    const agent = new Agent({ connections: 1 });
    open.push({ close: () => void server.close().closeAllConnections() }, { close: () => agent.destroy() });
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const ask = (path: string, signal = new AbortController().signal) => {
      const reader = new AnswerReader(signal, () => LIMIT);
      agent.dispatch({ origin, path, method: 'GET' }, reader);
      return reader.answer;
    };
    const first = ask('/first');
    const abort = new AbortController();
    const second = ask('/second', abort.signal);
    abort.abort(new Error('no time'));
    await expect(second).rejects.toThrow('no time');
    await expect.poll(() => waiting.length).toBe(1);
    waiting[0]?.end();
    await first;
    const third = ask('/third');
    await expect.poll(() => waiting.length).toBe(2);
    waiting[1]?.end();
    await third;
    expect(asked).toEqual(['/first', '/third']);
  });
});
