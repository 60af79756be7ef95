import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { expect, it } from 'vitest';
import { ClientResponse } from './client-response.ts';

it('a client that takes nothing is not waited for when the answer is given up', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1').pause();
  try {
    client.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    const [, response] = (await once(server, 'request')) as [unknown, ServerResponse];
    const clientResponse = new ClientResponse(response);
    clientResponse.hold({ status: 200, headers: [] });
    clientResponse.write([Buffer.alloc(32_000_000)]);
    const abort = new AbortController();
    const drained = clientResponse.drained(abort.signal);
    expect(await Promise.race([drained, new Promise((resolve) => setTimeout(resolve, 50, 'waits'))])).toBe(
      'waits',
    );
    abort.abort();
    await drained;
    await clientResponse.drained(abort.signal);
  } finally {
    client.destroy();
    server.closeAllConnections();
    server.close();
  }
});
