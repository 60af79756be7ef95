/** What the supervisor and the process that serves the plugins tell each other. */
import type { SocketIdentity } from './unix-socket.ts';

export type ToServingProcess =
  /** Comes with the connection itself. `slot` is its place in the journal. */
  | { kind: 'connection'; slot: number; plugin: number; offer: number }
  /** Of the offers with these numbers, both included. */
  | { kind: 'ask'; from: number; to: number }
  /** The sockets on which the supervisor listens, in the order of the plugins. */
  | { kind: 'begin'; sockets: SocketIdentity[]; kong: ProcessIdentity | undefined }
  /** Whoever connects to the sockets' paths is heard from here on. */
  | { kind: 'listening' }
  /** Finish the phases under way, within as many milliseconds. */
  | { kind: 'stop'; limit: number };

export type ToSupervisor =
  /** Of `ready`: connections are served from here on. */
  | { kind: 'ready'; plugins: string[] }
  | { kind: 'closed'; offer: number }
  /** All offers up to this one have been looked for. */
  | { kind: 'arrived'; to: number; missing: number[] }
  /** A sign of life that could not be written. */
  | { kind: 'alive' };

/** A process, whatever later has its number. */
export interface ProcessIdentity {
  pid: number;
  /** As the kernel counts it, in ticks since the machine started. */
  startTime: string;
}

/** File descriptors of the serving process, beside the standard ones; the sockets' come last, one after the other. */
export const DESCRIPTORS = { channel: 3, journal: 4, refusals: 5, sockets: 6 } as const;
