/**
 * Reads a running Kong by its Admin API, or a Konnect control plane by the API of the same shape. Only `GET` is used.
 *
 * @see https://developer.konghq.com/api/gateway/admin-ee/
 */
import { isTable } from '../model.ts';
import type { Input } from './index.ts';
import { Unreadable } from './unreadable.ts';

export interface AdminApi {
  /** Without credentials; with the workspace, or the path of Konnect's control plane, if there is one. */
  url: string;
  token?: string | undefined;
}

const COLLECTIONS = ['services', 'routes', 'upstreams', 'consumers', 'consumer_groups', 'vaults', 'plugins'];

/** What Kong gives at most; what it gives by default is 100. */
const PAGE_SIZE = 1000;
/** Milliseconds for one page. */
const PATIENCE = 30_000;
/** More would be an API that never ends. */
const MAX_PAGES = 10_000;

/** @throws Unreadable */
export async function readAdminApi(api: AdminApi): Promise<Input[]> {
  const inputs: Input[] = [];
  for (const name of COLLECTIONS) {
    const data = await readCollection(api, name);
    inputs.push({ file: addressOf(api, name), value: { data } });
    if (name === 'upstreams') inputs.push(...(await readTargets(api, data)));
  }
  return inputs;
}

async function readTargets(api: AdminApi, upstreams: unknown[]): Promise<Input[]> {
  const ids = upstreams.flatMap((one) => (isTable(one) && typeof one.id === 'string' ? one.id : []));
  const inputs: Input[] = [];
  for (const id of ids) {
    const name = `upstreams/${encodeURIComponent(id)}/targets`;
    const data = await readCollection(api, name);
    // The API names upstreams by id, services name them by name.
    const upstream = upstreams.find((one) => isTable(one) && one.id === id);
    const named = data.filter(isTable).map((target) => ({ ...target, upstream }));
    inputs.push({ file: addressOf(api, name), value: { data: named } });
  }
  return inputs;
}

async function readCollection(api: AdminApi, name: string): Promise<unknown[]> {
  const items: unknown[] = [];
  let offset: string | undefined;
  for (let page = 0; page < MAX_PAGES; page++) {
    const read = await readPage(api, name, offset);
    items.push(...read.data);
    offset = read.offset;
    if (offset === undefined) return items;
  }
  throw unreadable(api, name, 'it has no last page');
}

async function readPage(
  api: AdminApi,
  name: string,
  offset: string | undefined,
): Promise<{ data: unknown[]; offset?: string | undefined }> {
  const url = new URL(addressOf(api, name));
  url.searchParams.set('size', String(PAGE_SIZE));
  if (offset !== undefined) url.searchParams.set('offset', offset);
  const response = await fetch(url, {
    headers: { accept: 'application/json', ...tokenHeaders(api) },
    // What another host answers says nothing of this Kong, and it is not to get the token.
    redirect: 'error',
    signal: AbortSignal.timeout(PATIENCE),
  }).catch((error: unknown) => {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    const code = cause instanceof Error && 'code' in cause ? cause.code : 'no answer';
    throw unreadable(api, name, `the Admin API cannot be read: ${code}`);
  });
  // Kong without licence has no groups of consumers.
  if (response.status === 404 && name === 'consumer_groups') return { data: [] };
  if (response.status !== 200) throw unreadable(api, name, `the Admin API answers ${response.status}`);
  const page: unknown = await response.json().catch(() => undefined);
  if (!isTable(page) || !Array.isArray(page.data)) throw unreadable(api, name, 'this is no Admin API');
  return { data: page.data, offset: nextOf(page.next, page.offset) };
}

/** Kong says it twice; Konnect may say it in the address alone. */
function nextOf(next: unknown, offset: unknown): string | undefined {
  if (typeof next !== 'string' || next === '') return undefined;
  if (typeof offset === 'string') return offset;
  return new URL(next, 'http://localhost').searchParams.get('offset') ?? undefined;
}

/** Kong's own header, and the one of Konnect. */
function tokenHeaders({ token }: AdminApi): Record<string, string> {
  return token === undefined ? {} : { 'kong-admin-token': token, authorization: `Bearer ${token}` };
}

function addressOf({ url }: AdminApi, name: string): string {
  return `${url.replace(/\/$/, '')}/${name}`;
}

function unreadable(api: AdminApi, name: string, problem: string): Unreadable {
  return new Unreadable(
    addressOf(api, name),
    problem,
    'check the address, and the token that --admin-token-env names',
  );
}
