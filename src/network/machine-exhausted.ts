/** What this process or its machine ran out of. A caller can bring that about, so it is no outage of whoever was called. */
export const MACHINE_EXHAUSTED: ReadonlySet<string> = new Set([
  ...['EMFILE', 'ENFILE', 'ENOMEM', 'ENOBUFS', 'EADDRNOTAVAIL'],
]);
