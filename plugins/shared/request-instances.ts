/** The instances of the request plugin in this process, by what their passed-markers name. */
import type { Instance } from './instance.ts';

const instances = new Map<string, WeakRef<Instance>>();

/** Forgets an instance once Kong has dropped it, unless another worker's has taken its place. */
const dropped = new FinalizationRegistry<{ id: string; reference: WeakRef<Instance> }>(
  ({ id, reference }) => {
    if (instances.get(id) === reference) instances.delete(id);
  },
);

/** Of several workers with the same configuration any one will do. */
export function registerRequestInstance(instance: Instance): void {
  const { id } = instance.inspector;
  const reference = new WeakRef(instance);
  instances.set(id, reference);
  dropped.register(instance, { id, reference });
}

/** @returns undefined where the request plugin runs in another process, or was configured anew since */
export function requestInstance(id: string): Instance | undefined {
  return instances.get(id)?.deref();
}
