/** One request on its way through the gateway: what Kong keeps in `ngx.ctx`, `ngx.var` and `kong.ctx.shared`. */

import { randomBytes } from 'node:crypto';
import type { Consumer, Credential, Route, Service } from '../config/model.ts';
import type { LuaValue } from '../lua/value.ts';
import type { Phase, PluginHandler } from '../plugins/plugin.ts';
import type { PluginConfig } from '../plugins/plugin-config.ts';
import type { Worker } from '../worker.ts';
import type { ClientRequest } from './client-request.ts';
import { HeaderList } from './header-list.ts';

/** Where the request goes and how; plugins change it in `access`. */
export interface Upstream {
  scheme: string;
  /** The Host header; empty until Kong fills it in, unless the route or a plugin sets it. */
  hostHeader: string;
  path: string;
  host: string;
  port: number;
  /** Where the host is the name of an upstream entity: each attempt takes the next one. */
  targets?: readonly { readonly host: string; readonly port: number }[];
  tlsVerify: boolean;
  /** Certificates in PEM that Kong trusts where it verifies; none by default. */
  authorities: readonly string[];
  /** What Kong shows to an upstream that asks for it. */
  identity?: { readonly cert: string; readonly key?: string };
  retries: number;
  connectTimeout: number;
  sendTimeout: number;
  readTimeout: number;
}

/** An answer that a plugin gave in `access`; it goes out when the phase is over. */
export interface DelayedResponse {
  readonly status: number;
  readonly body: LuaValue;
  readonly headers?: LuaValue;
  /** An exception, not an exit: Kong builds the error answer when it flushes. */
  readonly unexpected?: true;
}

export interface SerializeValue {
  readonly key: string;
  readonly value: LuaValue;
  readonly mode: string;
}

/** The addresses of a connection, and whose word about the client is believed. */
export interface Peer {
  readonly ip: string;
  readonly port: number;
  readonly trusted: boolean;
}

export class Exchange {
  readonly worker: Worker;
  readonly request: ClientRequest;
  readonly peer: Peer;
  readonly id = randomBytes(16).toString('hex');
  readonly startedAt = Date.now();
  readonly shared = new Map<string, LuaValue>();
  /** `ngx.ctx`, as far as plugins write to it; `buffered_proxying` lives here. */
  readonly ctx = new Map<string, LuaValue>();
  /** Aborted when the client leaves before its answer is complete. */
  readonly clientGone = new AbortController();
  readonly serializeValues: SerializeValue[] = [];
  readonly collected = new Map<Phase, [handler: PluginHandler, config: PluginConfig][]>();
  readonly response: { status: number; headers: HeaderList } = { status: 200, headers: new HeaderList() };

  phase: Phase = 'access';
  plugin: PluginConfig | undefined;
  route: Route | undefined;
  service: Service | undefined;
  consumer: Consumer | undefined;
  credential: Credential | undefined;
  upstream: Upstream | undefined;
  /** `ngx.var.upstream_upgrade`, where a plugin has set it. */
  upstreamUpgrade: string | undefined;
  /** What goes to the upstream as X-Forwarded-Prefix. */
  forwardedPrefix: string | undefined;

  /** While plugins run in `access`, an answer waits until the phase is over. */
  delaying = false;
  delayed: DelayedResponse | undefined;
  /** `kong.response.exit` or `.error` was called. */
  exited = false;
  /** Kong tried the upstream. */
  proxied = false;
  /** Something failed: the answer's source is "error". */
  unexpected = false;
  /** The body of an answer made here. */
  localBody: Buffer | undefined;
  /** The body that a header filter put in the place of the upstream's. */
  filteredBody: Buffer | undefined;
  /** The head of an answer that was read whole; its body is `buffered_body` in `ctx`. */
  buffered: { readonly status: number; readonly headers: HeaderList } | undefined;
  upstreamStatus: number | undefined;
  upstreamVia: string | undefined;
  /** The charset parameter of the upstream's Content-Type, from its semicolon on. */
  upstreamCharset: string | undefined;
  upstreamHopHeaders: readonly string[] = [];
  proxyStartedAt: number | undefined;
  upstreamAnsweredAt: number | undefined;
  /** When the plugins' response phase began. */
  responseStartedAt: number | undefined;
  headersSent = false;
  /** nginx's `arg` while a body filter runs: the chunk, and whether it is the last. */
  chunk: { bytes: Buffer; isLast: boolean } = { bytes: Buffer.alloc(0), isLast: false };
  /** Chunks that a filter holds back until it has them all. */
  heldChunks: Buffer[] | undefined;

  constructor(worker: Worker, request: ClientRequest, peer: Peer) {
    this.worker = worker;
    this.request = request;
    this.peer = peer;
  }

  get source(): 'error' | 'exit' | 'service' {
    if (this.unexpected) return 'error';
    if (this.exited) return 'exit';
    return this.proxied ? 'service' : 'error';
  }

  /** `ngx.ctx.buffered_proxying`. */
  get buffering(): boolean {
    const value = this.ctx.get('buffered_proxying');
    return value !== undefined && value !== null && value !== false;
  }

  /** The address that nginx calls `$remote_addr`: a trusted peer may name another one. */
  get clientIp(): string {
    if (!this.peer.trusted) return this.peer.ip;
    const named = this.request.headers.get(this.worker.settings.realIpHeader)?.split(',').at(-1)?.trim();
    return named === undefined || named === '' ? this.peer.ip : named;
  }

  /** `$host`: the Host header without its port. */
  get host(): string {
    const header = this.request.headers.get('host') ?? 'kong';
    return header.replace(/:\d+$/, '').toLowerCase();
  }
}
