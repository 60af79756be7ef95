/** Servers of MCP made with the official SDKs, one for each transport that they have. What they say is scripted. */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import {
  createServer,
  type Server as HttpServer,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { toNodeHandler } from '@modelcontextprotocol/node';
import { McpServer as OldMcpServer, ResourceTemplate } from '@modelcontextprotocol/sdk/server/mcp.js';
import { SSEServerTransport } from '@modelcontextprotocol/sdk/server/sse.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { createMcpHandler, inputRequired, McpServer } from '@modelcontextprotocol/server';
import * as z from 'zod';
import { benignScript, type Script } from './script.ts';

/** `json` and `events` are streamable HTTP of the 1.x SDK, `http+sse` the transport before, `modern` the 2.x SDK. */
export type ServerKind = 'json' | 'events' | 'http+sse' | 'modern';

export interface ScriptedServer {
  readonly url: string;
  script: Script;
  /** Texts that clients sent: arguments, and what people answered. */
  readonly heard: string[];
  /** Says it to every client that listens. */
  announce(text: string): Promise<void>;
  stop(): Promise<void>;
}

export async function startMcpServer(kind: ServerKind): Promise<ScriptedServer> {
  const state = { script: benignScript(), heard: [] as string[] };
  const sessions = new Map<string, { transport: Served; server: OldMcpServer }>();
  const handle = kind === 'modern' ? modern(state) : legacy(kind, state, sessions);
  const http = createServer((request, response) => {
    Promise.resolve(handle(request, response)).catch((error: unknown) => {
      console.error(error);
      response.destroy();
    });
  });
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  return {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    get script() {
      return state.script;
    },
    set script(script) {
      state.script = script;
    },
    heard: state.heard,
    async announce(text) {
      const params = { level: 'info' as const, data: text };
      for (const { server } of sessions.values()) await server.server.sendLoggingMessage(params);
    },
    stop: () => stop(http),
  };
}

async function stop(http: HttpServer): Promise<void> {
  const closed = once(http, 'close');
  http.close();
  http.closeAllConnections();
  await closed;
}

type Served = SSEServerTransport | StreamableHTTPServerTransport;
type State = { script: Script; heard: string[] };
type Handler = (request: IncomingMessage, response: ServerResponse) => Promise<void> | void;

function legacy(
  kind: Exclude<ServerKind, 'modern'>,
  state: State,
  sessions: Map<string, { transport: Served; server: OldMcpServer }>,
): Handler {
  return async (request, response) => {
    const path = new URL(request.url ?? '/', 'http://server');
    const id = path.searchParams.get('sessionId') ?? String(request.headers['mcp-session-id'] ?? '');
    const known = sessions.get(id)?.transport;
    if (kind === 'http+sse') {
      if (known instanceof SSEServerTransport) return known.handlePostMessage(request, response);
      const transport = new SSEServerTransport(path.pathname.replace(/[^/]*$/, 'messages'), response);
      const server = oldServer(state, true);
      sessions.set(transport.sessionId, { transport, server });
      await server.connect(transport);
      return undefined;
    }
    if (known instanceof StreamableHTTPServerTransport) return known.handleRequest(request, response);
    const server = oldServer(state, kind === 'events');
    const transport = new StreamableHTTPServerTransport({
      sessionIdGenerator: () => randomUUID(),
      enableJsonResponse: kind === 'json',
      onsessioninitialized: (session) => void sessions.set(session, { transport, server }),
    });
    await server.connect(transport as Parameters<typeof server.connect>[0]);
    return transport.handleRequest(request, response);
  };
}

const LOGS = { logging: {} };
const INPUT = z.object({ text: z.string(), ask: z.boolean().optional(), fail: z.boolean().optional() });

function inputOf(script: Script) {
  return z.object({ ...INPUT.shape, text: z.string().describe(script.schemaDescription) });
}

function resultOf(script: Script, text: string) {
  return {
    content: [
      { type: 'text' as const, text: `${script.toolText} ${text}` },
      {
        type: 'resource_link' as const,
        ...{ uri: 'notes://b', name: 'b', description: script.resourceLink },
      },
      { type: 'resource' as const, resource: { uri: 'notes://c', text: script.embedded } },
      { type: 'image' as const, data: 'iVBORw0KGgo=', mimeType: 'image/png' },
    ],
    structuredContent: { note: script.structured },
  };
}

/** @param isRelated what is asked meanwhile comes with the answer, and not on the stream of its own that a client may open */
function oldServer(state: State, isRelated: boolean): OldMcpServer {
  const { script } = state;
  const options = { capabilities: LOGS, instructions: script.instructions };
  const server = new OldMcpServer({ name: 'notes', version: '1.0.0' }, options);
  const tool = {
    ...{ description: script.toolDescription, title: script.toolTitle },
    ...{ inputSchema: inputOf(script).shape, outputSchema: { note: z.string() } },
  };
  server.registerTool('write', tool, async ({ text, ask, fail }, extra) => {
    state.heard.push(text);
    if (fail) throw new Error(state.script.error);
    await extra.sendNotification({
      ...{ method: 'notifications/message', params: { level: 'info', data: state.script.log } },
    });
    const progressToken = extra._meta?.progressToken;
    if (progressToken !== undefined)
      await extra.sendNotification({
        method: 'notifications/progress',
        params: { progressToken, progress: 1, total: 2, message: state.script.progress },
      });
    if (ask) {
      const requestedSchema = {
        type: 'object' as const,
        properties: { answer: { type: 'string' as const } },
      };
      const { content } = await server.server.elicitInput(
        { message: state.script.elicitation, requestedSchema },
        isRelated ? { relatedRequestId: extra.requestId } : {},
      );
      state.heard.push(String(content?.answer));
    }
    return resultOf(state.script, text);
  });
  const list = undefined;
  const complete = { id: () => [state.script.completion] };
  server.registerResource('note', new ResourceTemplate('notes://{id}', { list, complete }), {}, (uri) => ({
    contents: [{ uri: uri.href, text: state.script.resource }],
  }));
  server.registerPrompt(
    'greet',
    { description: script.promptDescription, argsSchema: { name: z.string() } },
    ({ name }) => {
      state.heard.push(name);
      return { messages: [{ role: 'user', content: { type: 'text', text: state.script.prompt } }] };
    },
  );
  return server;
}

/** Each request gets a server of its own. */
function modern(state: State): Handler {
  const handler = createMcpHandler(() => {
    const { script } = state;
    const server = new McpServer(
      { name: 'notes', version: '2.0.0' },
      { capabilities: LOGS, instructions: script.instructions },
    );
    const tool = {
      ...{ description: script.toolDescription, title: script.toolTitle },
      ...{ inputSchema: inputOf(script), outputSchema: z.object({ note: z.string() }) },
    };
    server.registerTool('write', tool, async ({ text, ask, fail }, { mcpReq }) => {
      state.heard.push(text);
      if (fail) throw new Error(state.script.error);
      const progressToken = mcpReq._meta?.progressToken;
      if (progressToken !== undefined)
        await mcpReq.notify({
          method: 'notifications/progress',
          params: { progressToken, progress: 1, total: 2, message: state.script.progress },
        });
      const { inputResponses } = mcpReq;
      if (ask && !inputResponses) {
        const requestedSchema = z.object({ answer: z.string() });
        const answer = inputRequired.elicit({ message: state.script.elicitation, requestedSchema });
        return inputRequired({ inputRequests: { answer } });
      }
      if (inputResponses) state.heard.push(JSON.stringify(inputResponses));
      return resultOf(state.script, text);
    });
    server.registerResource('note', 'notes://a', {}, (uri) => ({
      contents: [{ uri: uri.href, text: state.script.resource }],
    }));
    const prompt = { description: script.promptDescription, argsSchema: z.object({ name: z.string() }) };
    server.registerPrompt('greet', prompt, ({ name }) => {
      state.heard.push(name);
      return { messages: [{ role: 'user', content: { type: 'text', text: state.script.prompt } }] };
    });
    return server;
  });
  const node = toNodeHandler(handler);
  return (request, response) => node(request as Parameters<typeof node>[0], response);
}
