/** A plugin and its instances: one for each configuration that Kong has shown. */
import { randomInt } from 'node:crypto';
import type { Refuser } from '../inspection/refusal/refuser.ts';
import type { BodyReservation } from '../kong/body-reservation.ts';
import { refuserInStyle } from './refusal.ts';
import { type KeyedRefuser, refusalKey } from './refusal-notes.ts';

/** What kong-pdk expects of a plugin module. */
export interface PluginModule {
  Name?: string;
  Version?: string;
  Priority?: number;
  Schema?: unknown[];
  Plugin: new (config: unknown) => object;
}

export interface PluginInfo {
  Name: string;
  Version: string | undefined;
  Phases: string[];
  Priority: number;
  Schema: unknown;
}

/** @param bodies what Kong's stock plugin server does not know */
type Phase = (kong: unknown, bodies: BodyReservation) => unknown;

interface Instance {
  plugin: object;
  refuser: KeyedRefuser;
  startedAt: number;
  usedAt: number;
}

/** Kong begins its reaction to this text by starting the instance anew. */
export class NoInstance extends Error {
  override readonly name = 'NoInstance';

  constructor(what: string) {
    super(`no plugin instance ${what}`);
  }
}

const PHASES = ['certificate', 'rewrite', 'access', 'response', 'log', 'preread'];

/** Milliseconds. Kong forgets instances without closing them, and starts a missing one when it needs it. */
const IDLE_LIMIT = 600_000;

export class PluginHost {
  readonly name: string;
  readonly #module: PluginModule;
  /**
   * Ids are random, because an id of another process must not mean anything here: after a crash or during a reload
   * Kong comes with the ids of the process before, and would be served with another route's configuration.
   */
  readonly #instances = new Map<number, Instance>();

  constructor(name: string, module: PluginModule) {
    this.name = name;
    this.#module = module;
  }

  get instanceCount(): number {
    return this.#instances.size;
  }

  info(): PluginInfo {
    const { Version, Priority = 0, Schema = [], Plugin } = this.#module;
    return {
      Name: this.name,
      Version,
      Phases: PHASES.filter((phase) => phaseOf(Plugin.prototype, phase)),
      Priority,
      Schema: { name: this.name, fields: [{ config: { type: 'record', fields: Schema } }] },
    };
  }

  /** @throws whatever the plugin's constructor throws: Kong then answers the request with 500 */
  start(
    name: unknown,
    configJson: unknown,
  ): { Name: string; Id: number; Config: unknown; StartTime: number } {
    if (name !== this.name) throw new Error(`this socket serves ${this.name} only`);
    const config: unknown = JSON.parse(String(configJson));
    const now = Date.now();
    const plugin = new this.#module.Plugin(config);
    this.#closeIdle(now);
    const id = this.#newId();
    const refuser = refuserOf(plugin, refusalKey(this.name, config));
    this.#instances.set(id, { plugin, refuser, startedAt: now, usedAt: now });
    // Kong keeps its own copy of the configuration: sending the key back would only spread it.
    return { Name: this.name, Id: id, Config: {}, StartTime: now / 1000 };
  }

  status(id: unknown): { Name: string; Id: number; Config: unknown; StartTime: number } {
    const [knownId, { startedAt }] = this.#find(id);
    return { Name: this.name, Id: knownId, Config: {}, StartTime: startedAt / 1000 };
  }

  close(id: unknown): { Name: string; Id: number; Config: unknown } {
    const [knownId] = this.#find(id);
    this.#instances.delete(knownId);
    return { Name: this.name, Id: knownId, Config: {} };
  }

  /** @returns the instance's method for the phase, bound to it, and how to refuse in its name */
  phase(id: unknown, phase: unknown): { run: Phase; refuser: KeyedRefuser } {
    const [, instance] = this.#find(id);
    const method = PHASES.includes(String(phase)) ? phaseOf(instance.plugin, String(phase)) : undefined;
    if (!method) throw new Error(`${this.name} has no such phase`);
    instance.usedAt = Date.now();
    const { plugin, refuser } = instance;
    return { run: (kong, bodies) => method.call(plugin, kong, bodies), refuser };
  }

  #find(id: unknown): [number, Instance] {
    const instance = typeof id === 'number' ? this.#instances.get(id) : undefined;
    if (typeof id !== 'number' || !instance) throw new NoInstance(`#${id}`);
    return [id, instance];
  }

  #newId(): number {
    let id = randomId();
    while (this.#instances.has(id)) id = randomId();
    return id;
  }

  #closeIdle(now: number): void {
    for (const [id, { usedAt }] of this.#instances) {
      if (usedAt < now - IDLE_LIMIT) this.#instances.delete(id);
    }
  }
}

/** 47 random bits: exact in Lua's numbers, and two processes agree on one by chance once in 10^14. */
export function randomId(): number {
  return randomInt(2 ** 47);
}

/** A plugin written for kong-pdk says nothing of it. */
function refuserOf(plugin: object, key: string): KeyedRefuser {
  const given: unknown = Reflect.get(plugin, 'refuser');
  const refuser = isRefuser(given) ? given : refuserInStyle('provider', false);
  const { neverRefuses } = refuser;
  return { key, neverRefuses, replyToFailure: (direction, why) => refuser.replyToFailure(direction, why) };
}

function isRefuser(value: unknown): value is Refuser {
  return typeof value === 'object' && value !== null && 'replyToFailure' in value;
}

function phaseOf(plugin: object, phase: string): Phase | undefined {
  const method: unknown = Reflect.get(plugin, phase);
  return typeof method === 'function' ? (method as Phase) : undefined;
}
