/** A server that says on the wire what an HTTP library would not. */
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';

/** While it runs, a server talks to whoever connects. */
export async function withServer<Result>(
  port: number,
  serve: (socket: Socket) => void,
  run: () => Promise<Result>,
): Promise<Result> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    serve(socket);
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  try {
    return await run();
  } finally {
    for (const socket of sockets) socket.destroy();
    const closed = once(server, 'close');
    server.close();
    await closed;
  }
}
