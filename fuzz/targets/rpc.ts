/**
 * Kong's RPC: frames mean the same however they are cut, and whatever one client sends to a plugin server's socket, the
 * process lives and serves the next.
 */
import { once } from 'node:events';
import { connect } from 'node:net';
import { encode } from '@msgpack/msgpack';
import {
  type Arbitrary,
  array,
  boolean,
  constant,
  constantFrom,
  jsonValue,
  nat,
  oneof,
  record,
  uint8Array,
} from 'fast-check';
import { BodyBudget } from '../../src/pluginserver/body-budget.ts';
import { FrameReader, MalformedFrame } from '../../src/pluginserver/frame-reader.ts';
import { decodeRequest } from '../../src/pluginserver/message.ts';
import { type Emulator, startEmulator } from '../../testkit/aidr-emulator/index.ts';
import { PLUGINS } from '../../testkit/harness/plugin-servers.ts';
import { type ReplayedKong, replayKong } from '../../testkit/harness/replayed-kong.ts';
import { type ServerProcess, startServer } from '../../testkit/harness/server-process.ts';
import { anyCuts, anyFlips, chunksOf, type Flip, flipped } from '../bytes.ts';
import type { Growth, Target } from '../target.ts';

interface Input {
  frames: Frame[];
  flips: Flip[];
  /** Bytes at the end that never arrive. */
  missing: number;
  cuts: number[];
  /** The client goes without a word. */
  isReset: boolean;
}

type Frame =
  | { kind: 'call'; id: unknown; method: string; argument: unknown }
  | { kind: 'bytes'; bytes: Uint8Array };

const METHODS = [
  ...['HandleEvent', 'Step', 'StepError', 'StepMultiMap', 'StepService', 'StartInstance', 'CloseInstance'],
  ...['InstanceStatus', 'GetPluginInfo', 'GetStatus', 'Unknown', '__proto__'],
].map((name) => `plugin.${name}`);

const anyId = oneof(nat(4_000_000_000), constantFrom<unknown>(-1, 1.5, null, 'x', 2 ** 53));
const anyArgument: Arbitrary<unknown> = oneof(
  jsonValue({ maxDepth: 2 }),
  anyId,
  record({ EventId: anyId, Data: jsonValue({ maxDepth: 2 }) }),
  record({
    InstanceId: anyId,
    EventName: constantFrom<unknown>('access', 'response', 'log', 'constructor', 7),
  }),
  record({
    Name: constantFrom<unknown>(...PLUGINS, 'x', null),
    Config: constantFrom<unknown>('{}', '{', '[]', 'null', 7),
  }),
  constant({ EventId: 1, Data: Buffer.alloc(70_000) }),
);
const anyFrame: Arbitrary<Frame> = oneof(
  {
    weight: 3,
    arbitrary: record({
      kind: constant('call' as const),
      id: anyId,
      method: constantFrom(...METHODS),
      argument: anyArgument,
    }),
  },
  {
    weight: 1,
    arbitrary: record({
      kind: constant('bytes' as const),
      bytes: uint8Array({ minLength: 1, maxLength: 40 }),
    }),
  },
);

export const rpc: Target<Input> = {
  name: 'rpc',
  inputs: record({
    frames: array(anyFrame, { minLength: 1, maxLength: 6 }),
    flips: oneof(constant<Flip[]>([]), anyFlips),
    missing: oneof(constant(0), nat(30)),
    cuts: anyCuts,
    isReset: boolean(),
  }),
  show: (input) =>
    JSON.stringify({ base64: bytesOf(input).toString('base64'), cuts: input.cuts, isReset: input.isReset }),
  async start() {
    const aidr = await startEmulator();
    const server = await startServer(PLUGINS).catch(async (error) => {
      await aidr.stop();
      throw error;
    });
    const kongs = OF_LLM_APIS.map((plugin) => goodClient(plugin, server, aidr));
    return {
      async check(input) {
        checkFrames(input);
        await checkServer(input, server, kongs);
        aidr.reset();
      },
      growth,
      async stop() {
        for (const kong of kongs) kong.close();
        await server.stop();
        await aidr.stop();
      },
    };
  },
};

function bytesOf({ frames, flips, missing }: Input): Buffer {
  const encoded = frames.map((frame) =>
    frame.kind === 'bytes' ? frame.bytes : encode([0, frame.id, frame.method, [frame.argument]]),
  );
  const whole = flipped(Buffer.concat(encoded), flips);
  return whole.subarray(0, Math.max(1, whole.length - missing));
}

function checkFrames(input: Input): void {
  const bytes = bytesOf(input);
  const [whole, inPieces] = [framesIn([bytes]), framesIn(chunksOf(bytes, input.cuts))];
  if (whole.join() !== inPieces.join()) throw new Error('cut into chunks, the frames are others');
}

/** What was read, and that a problem is one that the server expects. */
function framesIn(chunks: Iterable<Uint8Array>): string[] {
  const budget = new BodyBudget(100_000);
  const seen: string[] = [];
  const reader = new FrameReader(budget, ({ bytes, bodies, isTruncated }) => {
    seen.push(`${Buffer.from(bytes).toString('base64')} ${isTruncated}`);
    bodies?.release();
    decodeRequest(bytes);
  });
  try {
    for (const chunk of chunks) reader.push(chunk);
  } catch (error) {
    if (!(error instanceof MalformedFrame)) throw error;
    seen.push('malformed');
  }
  reader.close();
  if (budget.held !== 0) throw new Error(`${budget.held} bytes stay held`);
  return seen;
}

const OF_LLM_APIS = PLUGINS.filter((plugin) => plugin !== 'crowdstrike-aidr-mcp');

/** Milliseconds in which a good client's request is done, while the bad one is still connected. */
const PATIENCE = 5_000;

async function checkServer(input: Input, server: ServerProcess, kongs: readonly GoodClient[]): Promise<void> {
  for (const kong of kongs) {
    const socket = connect(kong.socket);
    socket.on('error', () => undefined);
    socket.resume();
    await once(socket, 'connect');
    for (const chunk of chunksOf(bytesOf(input), input.cuts)) if (socket.writable) socket.write(chunk);
    if (input.isReset) socket.destroy();
    try {
      await kong.ask();
    } finally {
      socket.destroy();
    }
  }
  const { exitCode, signalCode } = server.child;
  if (exitCode !== null || signalCode !== null) throw new Error('the plugin server has ended');
}

interface GoodClient {
  socket: string;
  /** Rejects when a request is not redacted as it has to be. */
  ask(): Promise<void>;
  close: ReplayedKong['close'];
}

function goodClient(plugin: string, server: ServerProcess, aidr: Emulator): GoodClient {
  const socket = server.socket(plugin);
  const kong = replayKong(plugin, socket, {
    ai_guard_api_key: 'pts_demo',
    ai_guard_api_base_url: aidr.url,
    upstream_llm: { provider: 'openai', api_uri: '/v1/chat/completions' },
    service_id: 's',
  });
  const headers = { 'content-type': 'application/json' };
  const content = 'My SSN is 234-56-7890.';
  const exchange = {
    headers,
    body: Buffer.from(JSON.stringify({ messages: [{ role: 'user', content }] })),
    answer: {
      status: 200,
      headers,
      body: Buffer.from(JSON.stringify({ choices: [{ message: { content } }] })),
    },
  };
  const isPrompt = plugin.endsWith('request');
  return {
    socket,
    async ask() {
      const late = Symbol('late');
      const timer = Promise.withResolvers<typeof late>();
      const timeout = setTimeout(() => timer.resolve(late), PATIENCE);
      const done = await Promise.race([kong.run(isPrompt ? 'access' : 'response', exchange), timer.promise]);
      clearTimeout(timeout);
      if (done === late) throw new Error('the next client gets no answer');
      const said = (isPrompt ? done.rewritten : done.exit?.body) ?? '';
      if (!/<US_SSN>|\*{7}7890/.test(said)) throw new Error('the next client is not served as it has to be');
    },
    close: () => kong.close(),
  };
}

const growth: Growth = {
  pieces: [
    ...['\x93\0\x01\xa1a', '\x81\xa1a', '\x91', '\xc0', '\xda\0\x04abcd', '\xc4\x02ab', '\xa3abc', '\x01'],
    ...['\xdc\xff\xff', '\xde\0\x02', '\xdb\0\0\0\x05abcde', '\xc7\x01\x01a', '\x80', '\x90'],
  ],
  /** Pieces are bytes, written as UTF-8. */
  read(body) {
    try {
      new FrameReader(new BodyBudget(1_000_000), () => undefined).push(
        Buffer.from(Buffer.from(body).toString('utf8'), 'latin1'),
      );
    } catch (error) {
      if (!(error instanceof MalformedFrame)) throw error;
    }
  },
};
