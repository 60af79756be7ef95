/** The official SDKs' clients, and a session in which a client uses all that a server has. */
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { Client as OldClient } from '@modelcontextprotocol/sdk/client/index.js';
import { SSEClientTransport } from '@modelcontextprotocol/sdk/client/sse.js';
import { StreamableHTTPClientTransport as OldTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { ElicitRequestSchema, LoggingMessageNotificationSchema } from '@modelcontextprotocol/sdk/types.js';

/** `old` is the 1.x SDK, `old+sse` with the transport of 2024-11-05; `new` the 2.x SDK, as of 2025 and of 2026. */
export type ClientKind = 'old' | 'old+sse' | 'new' | 'modern';

export interface Asking {
  text?: string;
  answer?: string;
  ask?: boolean;
  fail?: boolean;
}

export interface ScriptedClient {
  /** What came without being asked for: logs, progress, and what people are asked. */
  readonly events: string[];
  instructions(): string | undefined;
  listTools(): Promise<unknown>;
  call(asking?: Asking): Promise<unknown>;
  read(): Promise<unknown>;
  prompts(): Promise<unknown>;
  prompt(name?: string): Promise<unknown>;
  complete(value?: string): Promise<unknown>;
  close(): Promise<void>;
}

const INFO = { name: 'an agent', version: '1.0.0' };
const ELICITS = { capabilities: { elicitation: {} } };

export async function connectMcp(kind: ClientKind, url: string): Promise<ScriptedClient> {
  const events: string[] = [];
  let answer = 'yes';
  const asked = (message: unknown) => {
    events.push(String(message));
    return { action: 'accept' as const, content: { answer } };
  };
  const client = await connected(kind, url, events, asked);
  const onprogress = ({ message }: { message?: string | undefined }) => void events.push(String(message));
  return {
    events,
    instructions: () => client.getInstructions(),
    listTools: () => client.listTools(),
    call({ text = 'hello', answer: next = 'yes', ask = false, fail = false } = {}) {
      answer = next;
      return client.callTool({ name: 'write', arguments: { text, ask, fail } }, undefined as never, {
        onprogress,
      });
    },
    read: () => client.readResource({ uri: 'notes://a' }),
    prompts: () => client.listPrompts(),
    prompt: (name = 'Ann') => client.getPrompt({ name: 'greet', arguments: { name } }),
    complete: (value = 'a') =>
      client.complete({
        ref: { type: 'ref/resource', uri: 'notes://{id}' },
        argument: { name: 'id', value },
      }),
    close: () => client.close(),
  };
}

async function connected(
  kind: ClientKind,
  url: string,
  events: string[],
  asked: (message: unknown) => { action: 'accept'; content: { answer: string } },
): Promise<OldClient> {
  if (kind === 'old' || kind === 'old+sse') {
    const client = new OldClient(INFO, ELICITS);
    client.setRequestHandler(ElicitRequestSchema, ({ params }) => asked(params.message));
    client.setNotificationHandler(LoggingMessageNotificationSchema, ({ params }) => {
      events.push(String(params.data));
    });
    const at = new URL(url);
    await client.connect(
      (kind === 'old' ? new OldTransport(at) : new SSEClientTransport(at)) as Parameters<
        typeof client.connect
      >[0],
    );
    return client;
  }
  const negotiation = kind === 'modern' ? { versionNegotiation: { mode: { pin: '2026-07-28' } } } : {};
  const client = new Client(INFO, { ...ELICITS, ...negotiation } as ConstructorParameters<typeof Client>[1]);
  client.setRequestHandler('elicitation/create', ({ params }) => asked(params.message));
  client.setNotificationHandler(
    'notifications/message',
    ({ params }) => void events.push(String(params.data)),
  );
  await client.connect(new StreamableHTTPClientTransport(new URL(url)));
  const { callTool } = client;
  // The two lines differ in where options stand.
  const called = (params: never, _schema: unknown, options: never) => callTool.call(client, params, options);
  return Object.assign(client, { callTool: called }) as unknown as OldClient;
}

/** Everything that a client can learn of a server, as JSON. */
export async function wholeSession(client: ScriptedClient, hasCompletion: boolean): Promise<string> {
  const told = [
    ...[
      client.instructions(),
      await client.listTools(),
      await client.call(),
      await client.call({ ask: true }),
    ],
    ...[
      await client.call({ fail: true }),
      await client.read(),
      await client.prompts(),
      await client.prompt(),
    ],
    ...(hasCompletion ? [await client.complete()] : []),
  ];
  return JSON.stringify(told, undefined, 1);
}
