/** A benchmark that is interrupted stops what would outlive it: Kong is nobody's child. */

const stops = new Set<() => Promise<void>>();

/** @returns takes it back */
export function onInterruption(stop: () => Promise<void>): () => void {
  stops.add(stop);
  return () => stops.delete(stop);
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, async () => {
    // What was started later may need what was started before, even to stop.
    for (const stop of [...stops].reverse()) await stop().catch(() => undefined);
    process.exit(1);
  });
}
