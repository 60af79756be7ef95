/** What goes wrong during the test, one thing at a time, and what clients may be told meanwhile. */
import type { FailureClass } from '../src/aidr/failure.ts';
import { REFUSALS } from '../src/inspection/refusal/refusal-codes.ts';
import type { Emulator, Fault } from '../testkit/aidr-emulator/index.ts';
import type { RunningGateway } from '../testkit/harness/gateways/driver.ts';
import type { Upstream } from './upstream.ts';

/** What a fault happens to. */
export interface Scene {
  aidr: Emulator;
  gateway: RunningGateway;
  upstream: Upstream;
  configuration: string;
}

export interface SoakFault {
  name: string;
  begin(scene: Scene): void | Promise<void>;
  end?(scene: Scene): void | Promise<void>;
  /** What a client may be told: status and the end of the body. */
  excuse?: RegExp;
  /** Milliseconds for which its consequences last: a circuit closes late, a process starts anew. */
  lasting: number;
}

/** What the sentence says with which a live stream ends. */
const said = (failure: FailureClass) => `inspected by CrowdStrike AIDR: ${REFUSALS[`aidr_${failure}`].means}`;

const refusals = (...classes: FailureClass[]) => {
  // An AIDR that is back in time for the health probe makes it the text's fault.
  const after = ['circuit_open', 'failed_on_input'] as const;
  const words = [...classes, ...after].flatMap((failure) => [failure, said(failure)]);
  return new RegExp(`(?:503|422|200|0) .*(?:${words.join('|')})`, 's');
};

function ofAidr(name: string, fault: Fault, excuse: RegExp | undefined): SoakFault {
  return {
    name,
    begin: ({ aidr }) => aidr.fault(fault),
    end: ({ aidr }) => aidr.fault(undefined),
    ...(excuse ? { excuse } : {}),
    lasting: 12_000,
  };
}

const AIDR_FAULTS: readonly SoakFault[] = [
  ofAidr('AIDR takes 200 ms', { kind: 'delay', delayMs: 200 }, undefined),
  ofAidr('AIDR takes too long', { kind: 'delay', delayMs: 20_000 }, refusals('timeout')),
  ofAidr('AIDR answers 500', { kind: 'status', status: 500 }, refusals('server_error')),
  ofAidr('AIDR answers 429', { kind: 'status', status: 429 }, refusals('rate_limited')),
  ofAidr('AIDR resets connections', { kind: 'reset' }, refusals('unreachable', 'timeout')),
  ofAidr('AIDR is down', { kind: 'close' }, refusals('unreachable', 'timeout')),
  ofAidr('AIDR talks nonsense', { kind: 'garbage' }, refusals('invalid_response')),
];

const upstreamResets: SoakFault = {
  name: 'the provider resets connections',
  begin({ upstream }) {
    upstream.isResetting = true;
  },
  end({ upstream }) {
    upstream.isResetting = false;
  },
  // An answer that breaks off while Kong buffers it has Kong's words and keeps its status, which the guard makes a 503.
  excuse:
    /502 .*(?:invalid response|the upstream cannot be reached)|503 .*guard: the answer was not inspected|^0 /s,
  lasting: 2_000,
};

const VARIABLE = 'CS_AIDR_TOKEN';
let rotations = 0;

const rotation: SoakFault = {
  name: 'the key rotates',
  begin({ aidr, gateway }) {
    const key = `pts_soak${++rotations}`;
    gateway.rotate?.(VARIABLE, key);
    aidr.setKeys([key]);
  },
  // Live answers have no vault to look into: the next request brings it. One that has begun ends with an error.
  excuse: new RegExp(`500 .*"unauthorized"|200 .*${said('unauthorized')}`, 's'),
  lasting: 2_000,
};

/** Nobody listens, or on the socket of a process that has just ended; an instance that cannot be started is a 500. */
const UNSERVED =
  /503 .*guard: the (?:prompt|answer) was not inspected|50[02] .*(?:invalid response|unexpected error)|^0 /s;

const kill: SoakFault = {
  name: 'the plugin server is killed',
  begin: ({ gateway }) => gateway.killPluginServers(),
  excuse: UNSERVED,
  lasting: 8_000,
};

/** The old plugin server ends with the old worker, which can be before the new one listens. */
const reload: SoakFault = {
  name: 'the gateway reloads',
  begin: ({ gateway, configuration }) => gateway.reload(configuration),
  excuse: UNSERVED,
  lasting: 8_000,
};

/** Faults after which the plugin server is another process, between others. */
export const UPHEAVALS: readonly SoakFault[] = [
  kill,
  ...AIDR_FAULTS.slice(0, 3),
  reload,
  rotation,
  kill,
  upstreamResets,
];

/** Faults that one process lives through. */
export const STRAINS: readonly SoakFault[] = [...AIDR_FAULTS, upstreamResets, rotation];
