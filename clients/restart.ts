/** Stands before the gateway, and ends what serves the plugins between two turns of an agent: all that it remembers is gone. */
import { request as ask, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import type { RunningGateway } from '../testkit/harness/gateways/driver.ts';

export interface RestartingHop {
  url: string;
  hasRestarted(): boolean;
  stop(): Promise<void>;
}

/** @param isDue asked before a request goes on, until it is */
export async function startRestartingHop(
  gateway: RunningGateway,
  route: string,
  isDue: () => boolean,
): Promise<RestartingHop> {
  let restart: Promise<void> | undefined;
  const server = createServer(async (incoming, outgoing) => {
    incoming.pause();
    if (isDue()) restart ??= restartServing(gateway, route);
    await restart?.catch(() => undefined);
    const { method, headers, url } = incoming;
    const onward = ask(`${gateway.url}${url}`, { ...(method ? { method } : {}), headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    onward.on('error', () => outgoing.destroy());
    outgoing.on('close', () => onward.destroy());
    incoming.pipe(onward);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    hasRestarted: () => restart !== undefined,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Until another process serves: before that, requests are refused. */
async function restartServing({ servingPid, url }: RunningGateway, route: string): Promise<void> {
  const killed = servingPid?.();
  if (killed === undefined) throw new Error('nothing serves the plugins');
  process.kill(killed, 'SIGKILL');
  for (const end = Date.now() + RESTART_LIMIT; Date.now() < end; await wait(50)) {
    if (servingPid?.() === killed) continue;
    const { status } = await fetch(`${url}/${route}/v1/models`);
    if (status === 200) return;
  }
  throw new Error('nothing serves the plugins again');
}

const RESTART_LIMIT = 20_000;
