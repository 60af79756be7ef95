/** What the tests use of Express, which brings no types: a list of handlers that Node's server takes as its own. */
declare module 'express' {
  import type { IncomingMessage, ServerResponse } from 'node:http';

  export type RequestHandler = (request: IncomingMessage, response: ServerResponse, next: () => void) => void;

  interface Application {
    (request: IncomingMessage, response: ServerResponse): void;
    use(handler: RequestHandler): void;
    use(path: string, handler: RequestHandler): void;
  }

  export default function express(): Application;
}
