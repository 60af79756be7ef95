/**
 * Sends one request over and over on a number of connections, for a while. A process of its own, started by the
 * benchmark, which sends it jobs; a request is ready-made bytes and an answer is read no further than to its end.
 */
import { connect, type Socket } from 'node:net';
import { isLast, messageReader } from './http-message.ts';
import type { Job, JobResult } from './load.ts';

/** Milliseconds. */
const SILENCE_LIMIT = 10_000;

process.on('message', (job: Job) => {
  run(job).then(
    (result) => process.send?.(result),
    (error: unknown) => process.send?.({ problem: error instanceof Error ? error.message : 'unknown' }),
  );
});

async function run(job: Job): Promise<JobResult> {
  const request = bytesOf(job);
  const times: number[] = [];
  const [start, cpu] = [performance.now(), process.cpuUsage()];
  const end = start + job.milliseconds;
  const all = Array.from({ length: job.connections }, () => repeat(job, request, end, times));
  // Every connection has ended when the next job begins, whatever happened on one.
  const failed = (await Promise.allSettled(all)).find(({ status }) => status === 'rejected');
  if (failed && 'reason' in failed) throw failed.reason;
  const { user, system } = process.cpuUsage(cpu);
  return { times: Float64Array.from(times), seconds: (performance.now() - start) / 1000, cpu: user + system };
}

function bytesOf({ url, headers, body }: Job): Buffer {
  const { host, pathname } = new URL(url);
  const lines = Object.entries({ ...headers, 'Content-Length': String(body.length) });
  const head = `POST ${pathname} HTTP/1.1\r\nHost: ${host}\r\n${lines.map(([n, v]) => `${n}: ${v}\r\n`).join('')}\r\n`;
  return Buffer.concat([Buffer.from(head), body]);
}

/** One connection, made anew when the gateway closes it after so many requests. */
async function repeat(job: Job, request: Buffer, end: number, times: number[]): Promise<void> {
  while (performance.now() < end) await connection(job.url, request, end, times);
}

function connection(url: string, request: Buffer, end: number, times: number[]): Promise<void> {
  const { hostname, port } = new URL(url);
  const socket: Socket = connect(Number(port), hostname);
  socket.setNoDelay(true);
  socket.setTimeout(SILENCE_LIMIT, () => socket.destroy(new Error('no answer')));
  return new Promise((resolve, reject) => {
    let sent = 0;
    let isWaiting = true;
    const send = () => {
      isWaiting = true;
      sent = performance.now();
      socket.write(request);
    };
    const read = messageReader(({ head }) => {
      const now = performance.now();
      times.push(now - sent);
      isWaiting = false;
      if (!head.startsWith('HTTP/1.1 200 ')) socket.destroy(new Error(head.slice(0, head.indexOf('\r\n'))));
      else if (now >= end || isLast(head)) socket.end();
      else send();
    });
    socket.once('connect', send);
    socket.on('data', (bytes) => {
      try {
        read(bytes);
      } catch (error) {
        socket.destroy(error instanceof Error ? error : undefined);
      }
    });
    socket.once('error', reject);
    socket.once('close', () => {
      if (isWaiting) reject(new Error('closes a connection without an answer'));
      else resolve();
    });
  });
}
