/** Which method an answer answers: many requests may wait, and many answers come in one body. */
import type { RpcMessage } from '../json-rpc.ts';
import type { PendingRequest } from '../protocol.ts';

export class AskedMethods {
  readonly #pending: readonly PendingRequest[];
  /** Most bodies are no answers. */
  #known: { exactly: ReadonlyMap<string, string>; alike: ReadonlyMap<string, string> } | undefined;

  constructor(pending: readonly PendingRequest[]) {
    this.#pending = pending;
  }

  /** @returns that of the request with exactly its id, or else of the first one with an id that looks like it */
  byAnswer({ id, alike }: Pick<RpcMessage, 'id' | 'alike'>): string | undefined {
    if (id === undefined) return undefined;
    this.#known ??= {
      exactly: firstOfEach(this.#pending, 'id'),
      alike: firstOfEach(this.#pending, 'alike'),
    };
    const same = this.#known.exactly.get(id);
    return same ?? (alike === undefined ? undefined : this.#known.alike.get(alike));
  }
}

function firstOfEach(pending: readonly PendingRequest[], key: 'id' | 'alike'): ReadonlyMap<string, string> {
  const methods = new Map<string, string>();
  for (const { [key]: said, method } of pending)
    if (said !== undefined && !methods.has(said)) methods.set(said, method);
  return methods;
}
