/** Several plugins in one process, one socket each. */
import type { Socket } from 'node:net';
import { ByteBudget } from '../body/byte-budget.ts';
import { FrameReader } from './frame-reader.ts';
import type { PluginHost } from './plugin-host.ts';
import { type Peer, Rpc, type RpcLimits } from './rpc.ts';
import { listenOn, type UnixSocket } from './unix-socket.ts';

export interface ServedPlugin {
  host: PluginHost;
  socket: string;
}

export interface PluginServerOptions extends RpcLimits {
  plugins: ServedPlugin[];
  /** Take over sockets on which another process listens. */
  replace: boolean;
  /** Bytes of bodies that may be held at once. */
  maxBytesInFlight: number;
  log: (message: string) => void;
}

export interface PluginServer {
  /** Bodies that are held. */
  readonly budget: Readonly<Pick<ByteBudget, 'held' | 'limit'>>;
  /** Whether who connects to the sockets' paths is heard here: neither stopped nor replaced by another process. */
  isListening(): boolean;
  readonly plugins: readonly Pick<Rpc, 'name' | 'instanceCount' | 'runningCount' | 'refusals'>[];
  /**
   * Stops accepting, and resolves when running phases have finished or the time is over.
   *
   * @param limit milliseconds
   */
  stop(limit: number): Promise<void>;
}

const SWEEP_INTERVAL = 1_000;

export async function startPluginServer(options: PluginServerOptions): Promise<PluginServer> {
  const budget = new ByteBudget(options.maxBytesInFlight);
  const connections = new Set<Socket>();
  const rpcs: Rpc[] = [];
  const sockets: UnixSocket[] = [];
  try {
    for (const { host, socket } of options.plugins) {
      const rpc = new Rpc(host, budget, options, options.log);
      rpcs.push(rpc);
      sockets.push(
        await listenOn(socket, options.replace, (peer) => serve(peer, rpc, budget, connections, options.log)),
      );
    }
  } catch (error) {
    for (const socket of sockets) socket.release();
    throw error;
  }
  const sweep = setInterval(() => {
    for (const rpc of rpcs) rpc.sweep();
  }, SWEEP_INTERVAL);
  return {
    budget,
    isListening: () => sockets.every((socket) => socket.isListening()),
    plugins: rpcs,
    async stop(limit) {
      for (const socket of sockets) socket.release();
      const timeout = new Promise((resolve) => setTimeout(resolve, limit).unref());
      await Promise.race([Promise.all(rpcs.map((rpc) => rpc.idle())), timeout]);
      clearInterval(sweep);
      for (const connection of connections) connection.destroySoon();
    },
  };
}

function serve(
  socket: Socket,
  rpc: Rpc,
  budget: ByteBudget,
  connections: Set<Socket>,
  log: (message: string) => void,
): void {
  connections.add(socket);
  const peer: Peer = { send: (bytes) => socket.write(bytes) };
  const reader = new FrameReader(budget, (frame) => rpc.receive(frame, peer));
  socket.on('data', (chunk: Buffer) => {
    try {
      reader.push(chunk);
    } catch (error) {
      log(`a connection was closed: ${error instanceof Error ? error.message : 'malformed frame'}`);
      socket.destroy();
    }
  });
  // A peer that went away in the middle is nothing to report: Kong closes idle connections as it likes.
  socket.on('error', () => undefined);
  socket.on('close', () => {
    connections.delete(socket);
    reader.close();
    rpc.disconnected(peer);
  });
}
