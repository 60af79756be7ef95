/**
 * The page's own server, on 127.0.0.1 only. It plays what the page asks for, one after the other, and tells the page what
 * happens as JSON, a line each.
 */
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as z from 'zod';
import { APIS, type ApiName } from './apis.ts';
import { CASES, ownStep } from './cases.ts';
import { shownFindings } from './findings.ts';
import { type PlayEvent, playStep } from './play.ts';
import { type DemoStage, MODES, PLACEMENTS } from './stage.ts';

const MAX_BODY = 65_536;

const own = z.strictObject({
  provider: z.enum(Object.keys(APIS) as [ApiName, ...ApiName[]]),
  placement: z.enum(PLACEMENTS),
  mode: z.enum(MODES),
  isStreamed: z.boolean(),
  prompt: z.string(),
  answer: z.string(),
});

const play = z.union([z.strictObject({ case: z.string() }), z.strictObject({ own })]);

const page = (name: string) => resolve(import.meta.dirname, 'page', name);

/** Nothing else is served: no path of a request becomes a path of a file. */
const FILES: Record<string, [file: string, type: string]> = {
  '/': [page('index.html'), 'text/html'],
  '/page.js': [page('page.js'), 'text/javascript'],
  '/differences.js': [page('differences.js'), 'text/javascript'],
  '/stream-text.js': [page('stream-text.js'), 'text/javascript'],
  '/page.css': [page('page.css'), 'text/css'],
  '/preact.js': [fileURLToPath(import.meta.resolve('htm/preact/standalone')), 'text/javascript'],
};

/** No script but ours, and nothing from anywhere else. */
const HEADERS = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
};

export interface DemoServer {
  url: string;
  stop(): Promise<void>;
}

/** @param port 0 for any that is free */
export async function serveDemo(stage: DemoStage, port: number): Promise<DemoServer> {
  let last = Promise.resolve();
  /** Played one after the other: what AIDR and the provider saw belongs to one of them. */
  const inTurn = (run: () => Promise<void>) => {
    last = last.then(run, run);
    return last;
  };
  const server = createServer((request, response) => {
    handle(stage, request, response, inTurn).catch(() => {
      if (response.headersSent) response.destroy();
      else reply(response, 500, 'the demo failed');
    });
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async stop() {
      server.close();
      server.closeAllConnections();
      await last.catch(() => undefined);
    },
  };
}

async function handle(
  stage: DemoStage,
  request: IncomingMessage,
  response: ServerResponse,
  inTurn: (run: () => Promise<void>) => Promise<void>,
): Promise<void> {
  // A page of somebody else must not reach it under a name of its own.
  if (!/^(127\.0\.0\.1|localhost):\d+$/.test(request.headers.host ?? ''))
    return reply(response, 403, 'no such host');
  const path = request.url ?? '/';
  const file = FILES[path];
  if (request.method === 'GET' && file) return reply(response, 200, await readFile(file[0]), file[1]);
  if (request.method === 'GET' && path === '/api/state') return replyJson(response, await stateOf(stage));
  if (request.method !== 'POST' || path !== '/api/play') return reply(response, 404, 'no such page');
  // Other pages cannot send this type without asking first.
  if (request.headers['content-type'] !== 'application/json') return reply(response, 415, 'send JSON');
  const asked = play.safeParse(await bodyOf(request));
  if (!asked.success) return reply(response, 400, 'not a case of this demo');
  response.writeHead(200, { ...HEADERS, 'content-type': 'application/x-ndjson; charset=utf-8' });
  const hear = (event: PlayEvent) => void response.write(`${JSON.stringify(event)}\n`);
  await inTurn(() => playAsked(stage, asked.data, hear)).catch(() =>
    hear({ kind: 'note', text: 'It failed.' }),
  );
  response.end();
}

async function playAsked(stage: DemoStage, asked: z.infer<typeof play>, hear: (event: PlayEvent) => void) {
  if ('own' in asked) return playStep(stage, ownStep(asked.own), hear);
  const found = CASES.find(({ id }) => id === asked.case);
  if (found) await found.play(stage, hear);
  else hear({ kind: 'note', text: 'No such case.' });
}

/** Ours, without the buckets of histograms. */
const SHOWN_METRICS = /^crowdstrike_aidr_(?!\w*_bucket)\S* \S+$/gm;

async function stateOf({ aidr, gateway, isKong }: DemoStage) {
  const metrics = await gateway.metrics?.().catch(() => '');
  return {
    gateway: { url: gateway.url, isKong },
    cases: CASES.map(({ id, label, about }) => ({ id, label, about })),
    apis: Object.entries(APIS).map(([name, { label }]) => ({ name, label })),
    findings: shownFindings(aidr).slice(0, 50),
    metrics: metrics?.match(SHOWN_METRICS) ?? [],
  };
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > MAX_BODY) return undefined;
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString());
  } catch {
    return undefined;
  }
}

function replyJson(response: ServerResponse, value: unknown): void {
  reply(response, 200, JSON.stringify(value), 'application/json');
}

function reply(response: ServerResponse, status: number, body: string | Buffer, type = 'text/plain'): void {
  response.writeHead(status, { ...HEADERS, 'content-type': `${type}; charset=utf-8` }).end(body);
}
