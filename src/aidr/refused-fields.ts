/**
 * Fields that a server does not know. AIDR's request is a closed object, so one field too many fails the whole call, and
 * which version of it a tenant's server runs cannot be told before. What a server refused by name it is not sent again.
 *
 * Only metadata can be refused so, and only what this list names: whatever a caller writes into its prompt or its headers,
 * a call goes out with all of its texts.
 */
import { LRUCache } from 'lru-cache';
import type { AidrEndpoint } from './endpoint.ts';
import { isObject, type JsonObject } from './json-object.ts';
import type { GuardCall } from './request.ts';
import type { Reply } from './transport.ts';
import { isDeliveredBlock, parseAnswer } from './verdict.ts';

/** As JSON pointers into the request: what servers of 2025 do not know. Nothing of `guard_input` may stand here. */
const REFUSABLE: ReadonlySet<string> = new Set([
  ...['/session_id', '/conversation_id', '/span_id', '/hostname', '/agent_type', '/is_agent'],
  ...['/extra_info/user_name', '/extra_info/user_group', '/extra_info/kong_request_id'],
]);

/** Base URLs change with the configuration. */
const MAX_SERVERS = 1_000;

const servers = new LRUCache<string, RefusedFields>({ max: MAX_SERVERS });

/** What one server refused, for as long as this process lives. */
export function refusedFields({ baseUrl }: AidrEndpoint): RefusedFields {
  let refused = servers.get(baseUrl);
  if (!refused) {
    refused = new RefusedFields();
    servers.set(baseUrl, refused);
  }
  return refused;
}

class RefusedFields {
  readonly #all = new Set<string>();

  /** JSON pointers into the request. */
  get all(): ReadonlySet<string> {
    return this.#all;
  }

  /** @returns those that were not known before */
  add(fields: readonly string[]): string[] {
    const news = [...new Set(fields)].filter((field) => !this.#all.has(field));
    for (const field of news) this.#all.add(field);
    return news;
  }
}

type Metadata = GuardCall['metadata'];

export function withoutFields(metadata: Metadata, fields: ReadonlySet<string>): Metadata {
  if (fields.size === 0) return metadata;
  const kept = (object: object, base: string) =>
    Object.fromEntries(Object.entries(object).filter(([name]) => !fields.has(`${base}/${name}`)));
  const { extra_info: extraInfo } = metadata;
  return {
    ...(kept(metadata, '') as Metadata),
    ...(extraInfo ? { extra_info: kept(extraInfo, '/extra_info') } : {}),
  };
}

/**
 * @param metadata that was sent
 * @returns fields of it that the answer calls unknown; none where it has a verdict
 */
export function fieldsRefusedBy({ status, body }: Reply, metadata: Metadata): string[] {
  if (status !== 400) return [];
  const answer = parseAnswer(body);
  if (isDeliveredBlock(body, answer)) return [];
  const sources = errorsIn(answer)
    .filter(({ code }) => code === 'UnexpectedProperty')
    .map(({ source }) => source);
  return sources.filter((source) => typeof source === 'string' && isIn(metadata, source)) as string[];
}

function errorsIn(answer: unknown): JsonObject[] {
  const result = isObject(answer) && answer.status === 'ValidationError' ? answer.result : undefined;
  const errors = isObject(result) && Array.isArray(result.errors) ? result.errors : [];
  return errors.filter(isObject);
}

function isIn(metadata: Metadata, pointer: string): boolean {
  if (!REFUSABLE.has(pointer)) return false;
  const [, ...steps] = pointer.split('/');
  const value = steps.reduce<unknown>((inner, step) => (isObject(inner) ? inner[step] : undefined), metadata);
  return value !== undefined;
}
