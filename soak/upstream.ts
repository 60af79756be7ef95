/** The providers: one server that answers each request as it is planned, and looks at what it was sent. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { leakIn, type Plan } from './plan.ts';

/** Names the plan of a request. */
export const PLAN_HEADER = 'x-soak-plan';

/** Milliseconds. */
const KEEP_ALIVE = 600_000;

export interface Upstream {
  url: string;
  /** Cuts the connections of all requests, before or in the middle of their answers. */
  isResetting: boolean;
  stop(): Promise<void>;
}

/** @param onViolation is told what should not have arrived */
export async function startUpstream(
  plans: ReadonlyMap<string, Plan>,
  onViolation: (plan: Plan | undefined, what: string) => void,
): Promise<Upstream> {
  const server = createServer(async (request, response) => {
    const plan = plans.get(String(request.headers[PLAN_HEADER]));
    try {
      const body = (await readAll(request)).toString('utf8');
      const leak = plan?.variant === 'audit' ? undefined : leakIn(body);
      if (leak) onViolation(plan, 'the provider got what it must not see');
      else if (plan?.forwarded !== body) onViolation(plan, 'the provider got another prompt than it should');
      if (upstream.isResetting) reset(response, plan);
      else answer(response, plan);
    } catch {
      // The gateway has left.
      response.destroy();
    }
  });
  // A gateway that uses a connection again just when it is closed would have nothing to do with what is tested.
  server.keepAliveTimeout = KEEP_ALIVE;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const upstream: Upstream = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    isResetting: false,
    async stop() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
  return upstream;
}

function answer(response: ServerResponse, plan: Plan | undefined): void {
  const { type = 'application/json', chunks = [] } = plan?.answer ?? {};
  response.writeHead(plan ? 200 : 404, { 'content-type': type });
  for (const chunk of chunks) response.write(chunk);
  response.end();
}

/** A stream has begun by then. */
function reset(response: ServerResponse, plan: Plan | undefined): void {
  const [first] = plan?.isStream ? plan.answer.chunks : [];
  if (!first) {
    response.socket?.resetAndDestroy();
    return;
  }
  response.writeHead(200, { 'content-type': plan?.answer.type });
  response.write(first, () => response.socket?.resetAndDestroy());
}

async function readAll(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks);
}
