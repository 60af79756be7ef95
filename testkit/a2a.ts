/** An agent made of the official SDK of A2A, which speaks 1.0 and 0.3 in JSON-RPC and HTTP+JSON, and the official clients. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { AgentCard, AgentInterface } from '@a2a-js/sdk';
import {
  type Client,
  ClientFactory,
  JsonRpcTransportFactory,
  RestTransportFactory,
} from '@a2a-js/sdk/client';
import {
  type AgentExecutionEvent,
  DefaultRequestHandler,
  InMemoryPushNotificationStore,
  InMemoryTaskStore,
  type RequestContext,
} from '@a2a-js/sdk/server';
import { agentCardHandler, jsonRpcHandler, restHandler, UserBuilder } from '@a2a-js/sdk/server/express';
import express from 'express';

export const BINDINGS = [
  { protocolBinding: 'JSONRPC', protocolVersion: '1.0' },
  { protocolBinding: 'JSONRPC', protocolVersion: '0.3' },
  { protocolBinding: 'HTTP+JSON', protocolVersion: '1.0' },
  { protocolBinding: 'HTTP+JSON', protocolVersion: '0.3' },
] as const;

export type Binding = (typeof BINDINGS)[number];

/** What goes over the wire, as it was sent and as it came. */
export interface Transfer {
  path: string;
  sent: string;
  received: string;
}

export interface Agent {
  readonly url: string;
  /** The requests that came to the agent, and its answers. */
  readonly transfers: Transfer[];
  /** Says what the agent answers to every message. */
  answer(events: (context: RequestContext) => AgentExecutionEvent[]): void;
  /** Changes what the agent says of itself. */
  readonly card: AgentCard;
  stop(): Promise<void>;
}

export async function startAgent(): Promise<Agent> {
  let events: (context: RequestContext) => AgentExecutionEvent[] = () => [];
  const transfers: Transfer[] = [];
  const card = cardOf();
  const executor = {
    execute: async (
      context: RequestContext,
      bus: { publish(event: AgentExecutionEvent): void; finished(): void },
    ) => {
      for (const event of events(context)) bus.publish(event);
      bus.finished();
    },
    cancelTask: async () => undefined,
  };
  const requestHandler = new DefaultRequestHandler(
    card,
    new InMemoryTaskStore(),
    executor,
    undefined,
    new InMemoryPushNotificationStore(),
    undefined,
    async () => card,
  );
  const options = {
    requestHandler,
    userBuilder: UserBuilder.noAuthentication,
    legacyCompat: { enabled: true },
  };
  const app = express();
  app.use((request, response, next) => {
    const transfer: Transfer = { path: request.url ?? '', sent: '', received: '' };
    transfers.push(transfer);
    const { emit } = request;
    // A listener would have the body flow before Express reads it.
    request.emit = (name: string, ...args: unknown[]) => {
      if (name === 'data') transfer.sent += String(args[0]);
      return Reflect.apply(emit, request, [name, ...args]);
    };
    for (const name of ['write', 'end'] as const) {
      const own = response[name];
      response[name] = (...args: unknown[]) => {
        const [chunk] = args;
        if (typeof chunk === 'string' || chunk instanceof Uint8Array)
          transfer.received += Buffer.from(chunk).toString();
        return Reflect.apply(own, response, args);
      };
    }
    next();
  });
  app.use(
    '/.well-known/agent-card.json',
    agentCardHandler({ agentCardProvider: requestHandler, legacyCompat: { enabled: true } }),
  );
  app.use('/rpc', jsonRpcHandler(options));
  app.use('/rest', restHandler(options));
  const server = createServer(app).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    ...{ transfers, card },
    answer(next) {
      events = next;
    },
    async stop() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

function cardOf(): AgentCard {
  return {
    name: 'Cook',
    description: 'Knows recipes.',
    version: '1.0.0',
    supportedInterfaces: BINDINGS.map((binding) => interfaceAt('', binding)),
    provider: undefined,
    capabilities: { streaming: true, pushNotifications: true, extendedAgentCard: true, extensions: [] },
    securitySchemes: {},
    securityRequirements: [],
    defaultInputModes: ['text/plain', 'application/json', 'image/png'],
    defaultOutputModes: ['text/plain'],
    skills: [
      {
        ...{ id: 'recipes', name: 'Recipes', description: 'Finds recipes.', tags: ['food'] },
        ...{ examples: ['Bread, please'], inputModes: [], outputModes: [], securityRequirements: [] },
      },
    ],
    signatures: [],
  };
}

function interfaceAt(base: string, binding: Binding): AgentInterface {
  const path = binding.protocolBinding === 'JSONRPC' ? '/rpc' : '/rest';
  return { ...binding, url: `${base}${path}`, tenant: '' };
}

/** The official client, with all that it sends and receives. */
export interface RecordingClient {
  client: Client;
  transfers: Transfer[];
}

/** @param base where the agent is reached */
export async function clientOf(base: string, card: AgentCard, binding: Binding): Promise<RecordingClient> {
  const transfers: Transfer[] = [];
  const fetchImpl: typeof fetch = async (input, init) => {
    const answer = await fetch(input, init);
    const transfer = { path: new URL(String(input)).pathname, sent: String(init?.body ?? ''), received: '' };
    transfers.push(transfer);
    const [own, copy] = answer.body?.tee() ?? [null, null];
    void new Response(copy).text().then(
      (text) => {
        transfer.received = text;
      },
      () => undefined,
    );
    return new Response(own, answer);
  };
  const legacyCompat = { enabled: true };
  const factory = new ClientFactory({
    transports: [
      new JsonRpcTransportFactory({ fetchImpl, legacyCompat }),
      new RestTransportFactory({ fetchImpl, legacyCompat }),
    ],
  });
  const client = await factory.createFromAgentCard({
    ...card,
    supportedInterfaces: [interfaceAt(base, binding)],
  });
  return { client, transfers };
}
