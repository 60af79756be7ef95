/** A server that costs as little as one can in JavaScript: a whole answer, ready made, to each whole request. */
import { createServer, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { isLast, type Message, messageReader } from './http-message.ts';

export interface Answer {
  /** As it goes over the wire, head and body. */
  bytes: Buffer;
  /** Milliseconds. */
  delayMs?: number;
}

/** Serves on a free port, which it prints, until the process is stopped. */
export function serveFast(answer: (request: Message) => Answer, tls?: { key: string; cert: string }): void {
  const serve = (socket: Socket) => {
    socket.setNoDelay(true);
    const read = messageReader((request) => {
      const { bytes, delayMs = 0 } = answer(request);
      const send = () => {
        if (isLast(request.head)) socket.end(bytes);
        else socket.write(bytes);
      };
      if (delayMs > 0) setTimeout(send, delayMs);
      else send();
    });
    socket.on('data', read);
    // A gateway that stops breaks its connections off.
    socket.on('error', () => socket.destroy());
  };
  const server = tls ? createTlsServer(tls, serve) : createServer(serve);
  server.listen(0, '127.0.0.1', () => {
    const address = server.address();
    if (typeof address === 'object' && address) console.log(address.port);
  });
}

/** An answer with status 200 and a body of known length. */
export function wholeAnswer(contentType: string, body: string): Buffer {
  const length = Buffer.byteLength(body);
  return Buffer.from(
    `HTTP/1.1 200 OK\r\nContent-Type: ${contentType}\r\nContent-Length: ${length}\r\n\r\n${body}`,
  );
}

/** An answer with status 200 whose body comes in the given pieces, as a stream's does. */
export function chunkedAnswer(contentType: string, pieces: string[]): Buffer {
  const chunks = pieces.map((piece) => `${Buffer.byteLength(piece).toString(16)}\r\n${piece}\r\n`);
  const head = `HTTP/1.1 200 OK\r\nContent-Type: ${contentType}\r\nTransfer-Encoding: chunked\r\n\r\n`;
  return Buffer.from(`${head}${chunks.join('')}0\r\n\r\n`);
}
