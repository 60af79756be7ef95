import { expect, it } from 'vitest';
import { listenForHttp } from './http-listener.ts';

const ignore = async () => undefined;

it('a listener names an address that a client on this machine can use', async () => {
  for (const host of [undefined, '127.0.0.1', '0.0.0.0']) {
    const listener = await listenForHttp(0, ignore, host);
    expect(listener.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    await listener.stop();
  }
});

it('a listener is on the address that it is given', async () => {
  // Of a network that exists in documentation alone.
  await expect(listenForHttp(0, ignore, '192.0.2.1')).rejects.toMatchObject({ code: 'EADDRNOTAVAIL' });
});
