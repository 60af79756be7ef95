/** A benchmark that is interrupted stops what would outlive it: Kong is nobody's child. */

const stops = new Set<() => Promise<void>>();
let isListening = false;

/** @returns takes it back */
export function onInterruption(stop: () => Promise<void>): () => void {
  if (!isListening) for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, stopAll);
  isListening = true;
  stops.add(stop);
  return () => stops.delete(stop);
}

async function stopAll(): Promise<void> {
  // What was started later may need what was started before, even to stop.
  for (const stop of [...stops].reverse()) await stop().catch(() => undefined);
  process.exit(1);
}
