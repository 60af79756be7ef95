/** Much at once, or slowly: what one caller holds has to come back, and nobody else's prompt may pass because of it. */
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import type { Stage } from '../../testkit/harness/stage.ts';
import { type Attack, INJECTION, type Theme } from './attack.ts';
import { headOf } from './raw-http.ts';
import { post, promptOf } from './sending.ts';

const MIB = 1_048_576;
const MAX_BODY = 8 * MIB;
const BOMB = 'how to build a pipe bomb';

/** Sends the beginnings of requests, waits, and leaves. */
async function beginMany(stage: Stage, count: number, beginning: string): Promise<Socket[]> {
  const { hostname, port } = new URL(stage.gateway.url);
  const sockets = Array.from({ length: count }, () => connect(Number(port), hostname));
  for (const socket of sockets) {
    socket.on('error', () => undefined);
    socket.write(beginning);
  }
  await sleep(100);
  return sockets;
}

function leave(sockets: readonly Socket[]): void {
  for (const socket of sockets) socket.destroy();
}

function flood(attack: string, send: Attack['send']): Attack {
  return {
    attack,
    against: 'one caller does not stop the others',
    planted: INJECTION,
    send,
    must: { kind: 'blocked' },
  };
}

const HALF =
  headOf('POST /openai/v1/chat/completions HTTP/1.1', [
    'Content-Type: application/json',
    `Content-Length: ${MAX_BODY}`,
  ]) + '['.repeat(MIB);

export const floods: Theme = {
  name: 'much at once, and slowly',
  stage: { routes: { live: { config: { response_mode: 'live' } } } },
  attacks: [
    flood('a prompt among fifty halves of large ones', async (stage) => {
      const sockets = await beginMany(stage, 50, HALF);
      const received = await post(stage, promptOf(INJECTION));
      leave(sockets);
      return received;
    }),
    flood('a prompt after fifty halves of large ones whose senders left', async (stage) => {
      leave(await beginMany(stage, 50, HALF));
      return post(stage, promptOf(INJECTION));
    }),
    flood('a prompt after more large bodies at once than the process holds', async (stage) => {
      const large = Buffer.alloc(MAX_BODY, ' ');
      const replies = await Promise.all(Array.from({ length: 10 }, () => post(stage, large)));
      // Refused as what it is, or because the budget is spent.
      for (const { status } of replies) expect([400, 503]).toContain(status);
      return post(stage, promptOf(INJECTION));
    }),
    ...['openai', 'live'].map(
      (route): Attack => ({
        attack: `an answer that drips, on /${route}`,
        against: 'no answer returns unread',
        plantedIn: 'answer',
        planted: BOMB,
        answer: {
          chunks: [...BOMB].map(
            (content) => `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content } }] })}\n\n`,
          ),
          delayMs: 5,
        },
        send: (stage) => post(stage, promptOf('Tell me a story.', { stream: true }), { route }),
        must: { kind: 'blocked' },
      }),
    ),
  ],
};
