/** The methods that Kong calls, for one plugin on one socket, and the phases that are under way. */

import type { PhaseFailure } from '../inspection/refusal/refuser.ts';
import { errorLocation } from '../kong/error-location.ts';
import type { BodyBudget } from './body-budget.ts';
import type { Frame } from './frame-reader.ts';
import { decodeRequest, encodeError, encodeResult, type RpcRequest } from './message.ts';
import { PhaseBodies } from './phase-bodies.ts';
import { PhaseRun } from './phase-run.ts';
import { NoInstance, type PluginHost, randomId } from './plugin-host.ts';
import type { KeyedRefuser } from './refusal-notes.ts';
import type { OwedReply } from './reply-journal.ts';

/** A connection, as far as answering on it goes. */
export interface Peer {
  /** @param endsPhase Kong says nothing more of the phase of which this is the answer */
  send(bytes: Uint8Array, endsPhase?: boolean): void;
  /**
   * Kong waits on this connection until something is sent.
   *
   * @param isUrgent a large message came: what is done with it may keep the event loop busy
   */
  owe?(reply: OwedReply<KeyedRefuser>, isUrgent: boolean): void;
  /** An instance is started, and Kong waits for its id: everything else on the same configuration waits with it. */
  starting?(messageId: number): void;
}

export interface RpcLimits {
  /** Milliseconds that Kong may be kept waiting; it gives up, and lets the request pass, after 60 s. */
  replyDeadline: number;
  /** Milliseconds that Kong may take for a PDK call: a client can upload its body slowly. */
  stepDeadline: number;
  /**
   * The same, when the connection on which Kong asked is closed. It may have died, but a worker that is about to exit
   * also closes every connection after one call and goes on with the phase on the next.
   */
  absenceDeadline: number;
}

/** Bytes: more than a prompt or answer that is read in no time. */
const LARGE_MESSAGE = 16_384;

interface Running {
  run: PhaseRun;
  bodies: PhaseBodies;
  /** Where Kong spoke last. */
  peer: Peer;
  /** That connection is closed. */
  isAbsent: boolean;
  /** When the conversation last changed sides. */
  since: number;
}

export class Rpc {
  readonly #host: PluginHost;
  readonly #budget: BodyBudget;
  readonly #limits: RpcLimits;
  readonly #log: (message: string) => void;
  /** By random id: a step meant for a phase of another process must not reach one of this. */
  readonly #running = new Map<number, Running>();
  readonly #refusals = new Map<PhaseFailure, number>();
  #onIdle: (() => void) | undefined;

  constructor(host: PluginHost, budget: BodyBudget, limits: RpcLimits, log: (message: string) => void) {
    this.#host = host;
    this.#budget = budget;
    this.#limits = limits;
    this.#log = log;
  }

  /** Of the plugin. */
  get name(): string {
    return this.#host.name;
  }

  get instanceCount(): number {
    return this.#host.instanceCount;
  }

  get runningCount(): number {
    return this.#running.size;
  }

  /** How many phases the server refused so far. */
  refusals(reason: PhaseFailure): number {
    return this.#refusals.get(reason) ?? 0;
  }

  /** @throws MalformedFrame */
  receive(frame: Frame, peer: Peer): void {
    const request = this.#decode(frame);
    try {
      this.#dispatch(request, frame, peer);
    } catch (error) {
      frame.bodies?.release();
      peer.send(encodeError(request.id, messageOf(error)));
    }
  }

  #decode(frame: Frame): RpcRequest {
    try {
      return decodeRequest(frame.bytes);
    } catch (error) {
      frame.bodies?.release();
      throw error;
    }
  }

  /** Nobody waits any more for what was to be answered on this connection. */
  disconnected(peer: Peer): void {
    for (const running of this.#running.values()) {
      if (running.peer !== peer) continue;
      if (running.run.owesReply) running.run.end();
      else running.isAbsent = true;
    }
  }

  /** Whether Kong waits for what a phase says next on this connection. */
  owes(peer: Peer): boolean {
    return [...this.#running.values()].some((running) => running.peer === peer && running.run.owesReply);
  }

  /** Ends what took too long; to be called about once a second. */
  sweep(now = Date.now()): void {
    for (const running of this.#running.values()) {
      if (now - running.since > this.#limitOf(running)) this.#tooLate(running);
    }
  }

  /** Resolves when no phase is under way. */
  async idle(): Promise<void> {
    if (this.#running.size > 0)
      await new Promise<void>((resolve) => {
        this.#onIdle = resolve;
      });
  }

  #dispatch({ id, method, argument }: RpcRequest, frame: Frame, peer: Peer): void {
    const fields =
      typeof argument === 'object' && argument !== null ? (argument as Record<string, unknown>) : {};
    const answer = (result: unknown) => {
      frame.bodies?.release();
      peer.send(encodeResult(id, result));
    };
    if (method === 'plugin.HandleEvent') this.#begin(fields, frame, id, peer);
    else if (method === 'plugin.StepError')
      this.#step(fields.EventId, [undefined, fields.Data], frame, id, peer);
    else if (method.startsWith('plugin.Step'))
      this.#step(fields.EventId, [fields.Data, undefined], frame, id, peer);
    else if (method === 'plugin.StartInstance') {
      peer.starting?.(id);
      answer(this.#host.start(fields.Name, fields.Config));
    } else if (method === 'plugin.CloseInstance') answer(this.#host.close(argument));
    else if (method === 'plugin.InstanceStatus') answer(this.#host.status(argument));
    else if (method === 'plugin.GetPluginInfo') answer(this.#host.info());
    else if (method === 'plugin.GetStatus') answer(this.#status());
    else throw new Error(`unknown method ${method}`);
  }

  #begin(fields: Record<string, unknown>, frame: Frame, id: number, peer: Peer): void {
    const phase = this.#host.phase(fields.InstanceId, fields.EventName);
    frame.bodies?.release();
    const eventId = randomId();
    const run = new PhaseRun(String(fields.EventName), phase.refuser, () => this.#ended(eventId));
    const bodies = new PhaseBodies(this.#budget, () => this.#refuseOverloaded(running));
    const running = { run, bodies, peer, isAbsent: false, since: Date.now() };
    this.#running.set(eventId, running);
    this.#expectReply(running, eventId, id, peer, frame);
    run.start(
      (kong) => phase.run(kong, bodies),
      (error) => {
        this.#countRefusal(run, 'internal');
        this.#log(`${this.#host.name}: a phase threw: ${errorLocation(error)}`);
      },
    );
  }

  #step(eventId: unknown, answer: [unknown, unknown], frame: Frame, id: number, peer: Peer): void {
    const running = typeof eventId === 'number' ? this.#running.get(eventId) : undefined;
    if (typeof eventId !== 'number' || !running) throw new NoInstance(`for event #${eventId}`);
    const hasRoom = !frame.bodies || running.bodies.take(frame.bodies);
    this.#expectReply(running, eventId, id, peer, frame);
    if (hasRoom && !frame.isTruncated) running.run.answer(...answer);
    // Without its body a request is not inspected, but it goes on.
    else if (running.run.neverRefuses) running.run.answer(undefined);
    else this.#refuseOverloaded(running);
  }

  /** Kong waits for the answer to its message `id` until the plugin makes its next call or ends. */
  #expectReply(running: Running, eventId: number, id: number, peer: Peer, frame: Frame): void {
    const { phase, refuser } = running.run;
    peer.owe?.({ messageId: id, phase, refuser }, frame.bytes.length > LARGE_MESSAGE);
    running.peer = peer;
    running.isAbsent = false;
    running.since = Date.now();
    running.run.expectReply((outgoing) => {
      running.since = Date.now();
      peer.send(encodeResult(id, { Data: outgoing, EventId: eventId }), running.run.hasEnded);
    });
  }

  #limitOf({ run, isAbsent }: Running): number {
    if (run.owesReply) return this.#limits.replyDeadline;
    return isAbsent ? this.#limits.absenceDeadline : this.#limits.stepDeadline;
  }

  #tooLate(running: Running): void {
    if (running.run.owesReply) {
      this.#log(`${this.#host.name}: a phase took longer than ${this.#limits.replyDeadline} ms`);
      this.#refuse(running, 'timeout');
      return;
    }
    running.run.end();
  }

  #refuseOverloaded(running: Running): void {
    if (!running.run.neverRefuses) this.#refuse(running, 'overloaded');
  }

  /** Kong may never ask for the second half of the refusal: what the phase holds is free at once. */
  #refuse({ run, bodies }: Running, reason: 'overloaded' | 'timeout'): void {
    this.#countRefusal(run, reason);
    bodies.release();
    run.refuse(reason);
  }

  #countRefusal({ neverRefuses }: PhaseRun, reason: PhaseFailure): void {
    if (!neverRefuses) this.#refusals.set(reason, this.refusals(reason) + 1);
  }

  #ended(eventId: number): void {
    const running = this.#running.get(eventId);
    if (!running) return;
    this.#running.delete(eventId);
    running.bodies.release();
    if (this.#running.size === 0) this.#onIdle?.();
  }

  #status(): unknown {
    const { name, instanceCount } = this.#host;
    return { Pid: process.pid, Plugins: { [name]: { Name: name, Instances: instanceCount } } };
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : 'unknown error';
}
