/** Sends the rest of an answer as it comes, if the configuration lets it pass uninspected. */
import { isRevoked } from '../fair-share/revocation.ts';
import type { Relayed } from './relayed.ts';

/** As it comes, to its end. */
export async function forward(
  { client, chunks, abort }: Pick<Relayed, 'client' | 'chunks' | 'abort'>,
  seen: (chunk: Uint8Array) => void | Promise<void> = () => undefined,
): Promise<void> {
  for await (const chunk of chunks) {
    await seen(chunk);
    client.write([chunk]);
    await client.drained(abort.signal);
  }
  client.end();
}

/** @param before what was read and not sent */
export async function forwardRest(
  { client, chunks, abort, held, admission }: Relayed,
  before: readonly Uint8Array[],
  seen: (chunk: Uint8Array) => void = () => undefined,
): Promise<void> {
  client.endKeepAlive();
  client.write(before);
  await client.released(abort.signal);
  // An audit keeps what it has seen.
  if (!admission.isAudit) held.release();
  try {
    await forward({ client, chunks, abort }, seen);
  } catch (error) {
    if (!isRevoked(abort.signal)) throw error;
    client.cut();
  }
}
