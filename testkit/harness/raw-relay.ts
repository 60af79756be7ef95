/** The relay in this process, with raw sockets on both of its sides: what no HTTP library agrees to send, as Kong or as the provider. */
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { createInspector, type HostInspector } from '../../src/inspection/create-inspector.ts';
import { type CompletedInspection, recordOf } from '../../src/inspection/report/record.ts';
import { Relay } from '../../src/live/relay.ts';
import type { RelayedRequest, RelayReports } from '../../src/live/relayed.ts';
import type { Upstream } from '../../src/live/upstream.ts';
import { type Emulator, startEmulator } from '../aidr-emulator/index.ts';

export const CHAT = '/v1/chat/completions';
export const promptOf = (content: string) =>
  JSON.stringify({ model: 'm', messages: [{ role: 'user', content }] });
export const answerOf = (content: string) =>
  JSON.stringify({ choices: [{ message: { role: 'assistant', content } }] });

/** What a ticket is for. */
export interface Admission {
  upstream?: Partial<Upstream>;
  /** Of the request plugin; false without one. */
  request?: object | false;
  /** Of the response plugin; false without one. */
  response?: object | false;
  user?: string;
  changes?: Partial<RelayedRequest>;
}

/** A connection of the relay's to the provider. */
export interface ProviderConnection {
  socket: Socket;
  /** What came on it. */
  received: string;
}

export class RawRelay {
  readonly aidr: Emulator;
  readonly relay: Relay;
  readonly port: number;
  readonly #provider: Server;
  connections: ProviderConnection[] = [];
  reports: (CompletedInspection & { direction: 'request' | 'response' })[] = [];
  /** Called with each piece that comes to the provider. */
  answer: (connection: ProviderConnection) => void = () => undefined;

  static async start(): Promise<RawRelay> {
    const relay = new Relay();
    const provider = createServer();
    const [aidr, port] = [await startEmulator({}), await relay.listen()];
    await once(provider.listen(0, '127.0.0.1'), 'listening');
    return new RawRelay(aidr, relay, port, provider);
  }

  constructor(aidr: Emulator, relay: Relay, port: number, provider: Server) {
    [this.aidr, this.relay, this.port, this.#provider] = [aidr, relay, port, provider];
    provider.on('connection', (socket) => {
      const connection = { socket, received: '' };
      this.connections.push(connection);
      socket
        .setEncoding('latin1')
        .on('error', () => undefined)
        .on('data', (data) => {
          connection.received += data;
          this.answer(connection);
        });
    });
  }

  reset(): void {
    this.aidr.reset();
    this.#forgetConnections();
    this.reports = [];
  }

  async stop(): Promise<void> {
    this.#forgetConnections();
    await this.relay.close();
    this.#provider.close();
    await this.aidr.stop();
  }

  #forgetConnections(): void {
    for (const { socket } of this.connections) socket.destroy();
    this.connections = [];
  }

  /** All that came to the provider. */
  get received(): string {
    return this.connections.map(({ received }) => received).join('');
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  ticket({
    upstream = {},
    request = {},
    response = {},
    user = 'somebody',
    changes = {},
  }: Admission = {}): string {
    const [asking, answering] = [this.#inspector('request', request), this.#inspector('response', response)];
    return (
      this.relay.tickets.issue({
        upstream: {
          ...{ scheme: 'http', host: '127.0.0.1', port: (this.#provider.address() as AddressInfo).port },
          ...{ hostHeader: 'api.example', serverName: 'api.example', verifyTls: false, retries: 2 },
          ...{ connectTimeout: 1_000, readTimeout: 1_000, ...upstream },
        },
        callerOf: () => ({ user }),
        ...(request === false
          ? {}
          : {
              prompt: {
                ...{ inspector: asking, path: CHAT, isTranslated: false },
                announced: { get: (name) => (name === 'content-length' ? '9' : undefined) },
                ...this.#reports('request', asking),
              },
            }),
        ...(response === false
          ? {}
          : {
              answer: {
                ...{ inspector: answering, path: CHAT, client: {}, hadBody: true },
                ...{ carryOver: { encryptions: [] }, ...this.#reports('response', answering) },
              },
            }),
        ...changes,
      }) ?? ''
    );
  }

  #inspector(direction: 'request' | 'response', config: object | false): HostInspector {
    const all = {
      ai_guard_api_key: 'pts_demo',
      ai_guard_api_base_url: this.aidr.url,
      upstream_llm: { provider: 'openai', api_uri: 'auto' },
      ...{ placement: 'relay', ...config },
    };
    return createInspector(all, direction).inspector;
  }

  #reports(direction: 'request' | 'response', inspector: HostInspector): RelayReports {
    return {
      isAudit: inspector.config.enforcing_strategy === 'audit',
      describe: (ended, tookMs) => recordOf(inspector, ended, tookMs),
      report: (ended, tookMs) => {
        this.reports.push({ ...ended, direction });
        return recordOf(inspector, ended, tookMs);
      },
      exposed: () => ({}),
      reportDropped: () => undefined,
      reportBroken: () => undefined,
      warn: () => undefined,
    };
  }
}
