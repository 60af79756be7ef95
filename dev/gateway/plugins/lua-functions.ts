/**
 * The Lua functions that the gateway knows by their text, each done here as the Lua does it. The gateway runs no Lua:
 * what is not in this list is refused when the configuration is loaded.
 */

import { guardPlugin, MARKS, REFUSAL } from '../../../src/config/guard-plugin.ts';
import { SHORTCUT } from '../../../src/config/shortcut-plugin.ts';
import {
  BATCH_HOOK_LUA,
  GUARD_ACCESS_LUA,
  GUARD_BODY_FILTER_LUA,
  GUARD_HEADER_FILTER_LUA,
  GUARD_MARK_LUA,
} from '../../../src/kong/lua/lua-files.ts';
import { exit } from '../pdk/exit.ts';
import type { Exchange } from '../proxy/exchange.ts';

interface Known {
  /** The phase in which the function makes sense, and the only one in which it is accepted. */
  readonly phase: 'access' | 'header_filter' | 'body_filter';
  readonly lua: string;
}

export type KnownFunction =
  | (Known & { readonly phase: 'access' | 'header_filter'; readonly run: (exchange: Exchange) => void })
  /** Gives the whole body that goes out instead; undefined leaves the body alone. */
  | (Known & { readonly phase: 'body_filter'; readonly body: (exchange: Exchange) => Buffer | undefined });

const REFUSAL_HEADERS = { 'Content-Type': 'application/json', 'Retry-After': '1' };

const [LENIENT_ACCESS_LUA = ''] = guardPlugin(['request'], true).config.access;
const [LENIENT_HEADER_FILTER_LUA = ''] = guardPlugin(['response'], true).config.header_filter ?? [];

export const KNOWN_FUNCTIONS: readonly KnownFunction[] = [
  { phase: 'access', lua: GUARD_ACCESS_LUA, run: guardPrompt },
  { phase: 'header_filter', lua: GUARD_HEADER_FILTER_LUA, run: guardAnswer },
  { phase: 'body_filter', lua: GUARD_BODY_FILTER_LUA, body: refusedBody },
  { phase: 'access', lua: GUARD_MARK_LUA, run: markGuard },
  { phase: 'access', lua: LENIENT_ACCESS_LUA, run: notePrompt },
  { phase: 'header_filter', lua: LENIENT_HEADER_FILTER_LUA, run: noteAnswer },
  { phase: 'access', lua: BATCH_HOOK_LUA, run: offerShortcut },
];

/** The function with a text, white space around it aside. */
export function knownFunction(lua: string): KnownFunction | undefined {
  return KNOWN_FUNCTIONS.find((known) => known.lua.trim() === lua.trim());
}

function markGuard(exchange: Exchange): void {
  exchange.shared.set(MARKS.guard, '1');
}

function guardPrompt(exchange: Exchange): void {
  markGuard(exchange);
  if (isMarked(exchange, 'request')) return;
  exit(exchange, 503, refusalBody(GUARD_ACCESS_LUA), REFUSAL_HEADERS);
}

function guardAnswer(exchange: Exchange): void {
  if (exchange.source !== 'service' || isMarked(exchange, 'response')) return;
  const refusal = refusalBody(GUARD_HEADER_FILTER_LUA);
  exchange.shared.set(REFUSAL, refusal);
  exchange.response.headers.delete('Content-Encoding');
  exit(exchange, 503, refusal, REFUSAL_HEADERS);
}

function refusedBody(exchange: Exchange): Buffer | undefined {
  const refusal = exchange.shared.get(REFUSAL);
  return refusal === undefined ? undefined : Buffer.from(String(refusal));
}

function notePrompt(exchange: Exchange): void {
  markGuard(exchange);
  if (!isMarked(exchange, 'request')) note(exchange, LENIENT_ACCESS_LUA);
}

function noteAnswer(exchange: Exchange): void {
  if (exchange.source === 'service' && !isMarked(exchange, 'response'))
    note(exchange, LENIENT_HEADER_FILTER_LUA);
}

/** The functions stay in the worker, also for requests on routes without the Lua. */
function offerShortcut(exchange: Exchange): void {
  exchange.worker.hasShortcut = true;
  exchange.shared.set(SHORTCUT.key, SHORTCUT.value);
}

/** The message as the Lua spells it. */
function note(exchange: Exchange, lua: string): void {
  exchange.worker.log.write('err', /log\.err\("([^"]*)"\)/.exec(lua)?.[1] ?? '');
}

/** The body as the Lua spells it: the only literal in single quotes. */
function refusalBody(lua: string): string {
  return /'([^']*)'/.exec(lua)?.[1] ?? '';
}

function isMarked(exchange: Exchange, leg: 'request' | 'response'): boolean {
  const mark = exchange.shared.get(MARKS[leg]);
  return mark !== undefined && mark !== null && mark !== false;
}
