/** The rest of an answer as it comes, for what the configuration lets pass uninspected. */
import type { Relayed } from './relayed.ts';

/** @param before what was read and not sent */
export async function passOn(
  { outlet, chunks }: Relayed,
  before: readonly Uint8Array[],
  seen: (chunk: Uint8Array) => void = () => undefined,
): Promise<void> {
  outlet.endKeepAlive();
  outlet.write(before);
  for await (const chunk of chunks) {
    seen(chunk);
    outlet.write([chunk]);
    await outlet.drained();
  }
  outlet.end();
}
