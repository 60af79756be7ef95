/**
 * One external plugin in one worker: its instances and the event loop that carries a phase.
 *
 * The comments name what Kong does that a reader would take for a mistake here.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '../log.ts';
import {
  Binary,
  isLuaString,
  isLuaTable,
  LuaError,
  type LuaValue,
  luaBytes,
  luaToString,
} from '../lua/value.ts';
import type { RpcAnswer, RpcClient } from './client.ts';
import { type PdkResult, stepMethod, wireResult } from './steps.ts';

/** One plugin configuration as an instance is started with it. */
export interface InstanceConfig {
  readonly pluginId: string;
  readonly sequence: number;
  /** The JSON text for `StartInstance`, with vault references resolved now. */
  toJson(): string;
}

/** A phase to run: the event name and what answers the plugin's PDK calls. */
export interface PhaseRun {
  readonly phase: string;
  readonly config: InstanceConfig;
  readonly pdk: (method: string, args: readonly LuaValue[]) => Promise<PdkResult>;
}

interface Instance {
  id: LuaValue;
  sequence: number;
  pluginId: string;
}

const CLAIM_STEP_MS = 100;
const CLAIM_STEPS = 100;

export class PluginRpc {
  readonly name: string;
  readonly #client: RpcClient;
  readonly #log: Log;
  readonly #resetElsewhere: () => void;
  readonly #running = new Map<string, Instance>();
  #serverPid: number | undefined;

  constructor(options: { name: string; client: RpcClient; log: Log; resetElsewhere: () => void }) {
    this.name = options.name;
    this.#client = options.client;
    this.#log = options.log;
    this.#resetElsewhere = options.resetElsewhere;
  }

  /**
   * Runs one phase of one plugin configuration.
   *
   * Whatever goes wrong on the RPC is logged and the request proceeds; only a refused `StartInstance` and a PDK call
   * that raises an error end the phase with an exception.
   */
  async handleEvent(run: PhaseRun): Promise<void> {
    for (;;) {
      const error = await this.#handleOnce(run);
      if (error === undefined) return;
      if (!isLuaString(error)) throw new LuaError("attempt to call method 'lower' (a non-string value)");
      const text = luaBytes(error).toString('utf8');
      if (!text.toLowerCase().includes('no plugin instance')) {
        this.#log.write('err', text);
        return;
      }
      this.reset();
      this.#resetElsewhere();
      this.#log.write('warn', text);
    }
  }

  /** Forgets every instance of this plugin; the next event starts new ones. */
  reset(): void {
    this.#running.clear();
  }

  /** The server names its process id; a change means that all instances are gone. */
  notification(label: LuaValue, args: LuaValue): void {
    if (label !== 'serverPid') return;
    const pid = Number(luaToString(args));
    if (this.#serverPid !== undefined && this.#serverPid !== pid) this.reset();
    this.#serverPid = pid;
  }

  async #handleOnce(run: PhaseRun): Promise<LuaValue> {
    const instance = await this.#instanceId(run.config);
    return instance.error === undefined ? this.#events(run, instance.result) : instance.error;
  }

  async #events(run: PhaseRun, instanceId: LuaValue): Promise<LuaValue> {
    let answer = await this.#client.call('plugin.HandleEvent', {
      InstanceId: instanceId,
      EventName: run.phase,
    });
    const eventId = member(answer.result, 'EventId');
    for (;;) {
      // An answer of nil ends the phase without a word, as `return nil, nil` does in Lua.
      if (answer.result === undefined || answer.result === null || answer.result === false)
        return answer.error;
      const data = member(answer.result, 'Data');
      if (data === 'ret') return undefined;
      answer = await this.#step(run, eventId, data);
    }
  }

  async #step(run: PhaseRun, eventId: LuaValue, data: LuaValue): Promise<RpcAnswer> {
    const method = member(data, 'Method');
    if (typeof method !== 'string')
      throw new LuaError("attempt to index field 'Data': no PDK method in the event");
    const args = member(data, 'Args');
    const result = await run.pdk(method, Array.isArray(args) ? args : isLuaTable(args) ? [] : [args]);
    return this.#client.call(stepMethod(method), { EventId: eventId, Data: wireResult(method, result) });
  }

  async #instanceId(config: InstanceConfig): Promise<RpcAnswer> {
    const key = config.pluginId;
    // Another request is starting this instance: Kong polls, and gives up after ten seconds.
    for (let waited = 0; this.#isClaimed(key); waited++) {
      if (waited >= CLAIM_STEPS) {
        this.#running.delete(key);
        return { error: `Could not claim instance_id for ${this.name} (key: ${key})` };
      }
      await sleep(CLAIM_STEP_MS);
    }
    let instance = this.#running.get(key);
    if (instance?.id !== undefined && instance.sequence === config.sequence && instance.pluginId === key) {
      return { result: instance.id };
    }
    const replaced = instance?.id;
    if (instance === undefined) {
      instance = { id: undefined, sequence: config.sequence, pluginId: key };
      this.#running.set(key, instance);
    } else {
      instance.id = undefined;
    }
    return this.#start(config, instance, replaced);
  }

  async #start(config: InstanceConfig, instance: Instance, replaced: LuaValue): Promise<RpcAnswer> {
    const call = { Name: this.name, Config: config.toJson() };
    const answer = await this.#client.call('plugin.StartInstance', call);
    if (answer.result === undefined || answer.result === null) {
      this.#running.delete(config.pluginId);
      this.#log.write('err', `starting instance: ${luaToString(answer.error)}`);
      throw new LuaError(luaToString(answer.error));
    }
    instance.id = member(answer.result, 'Id');
    instance.sequence = config.sequence;
    // Kong does not look at what comes back: another request may have closed it first.
    if (replaced !== undefined) await this.#client.call('plugin.CloseInstance', replaced);
    return { result: instance.id };
  }

  #isClaimed(key: string): boolean {
    const instance = this.#running.get(key);
    return instance !== undefined && instance.id === undefined;
  }
}

function member(value: LuaValue, name: string): LuaValue {
  if (!isLuaTable(value) || Array.isArray(value) || value instanceof Binary) return undefined;
  return (value as { readonly [key: string]: LuaValue })[name];
}
