/** What both plugins' instances hold and do: configuration, log, record. */

import type { Leg } from '../../src/config/schema.ts';
import { type Audit, inspectBeside } from '../../src/guard/audit.ts';
import type { Inspection } from '../../src/guard/guard.ts';
import { publish } from '../../src/guard/publish.ts';
import {
  type Ended,
  type InspectionRecord,
  logLineOf,
  pendingRecord,
  recordOf,
} from '../../src/guard/record.ts';
import { type HostGuard, startGuard } from '../../src/guard/start.ts';
import type { Exchange, RecordEntry } from '../../src/kong/exchange.ts';
import { readVerdictAnywhere } from '../../src/workers/inspect.ts';
import { exposedHeaders } from './exposed-headers.ts';
import { LogLines } from './log-lines.ts';

/** Milliseconds for which the name of an instance's service holds: services are seldom renamed. */
const SERVICE_NAME_HOLDS = 60_000;

/** Milliseconds until a worker without the shortcut is asked again: the configuration may have it by then. */
const SHORTCUT_ASKED_AGAIN = 60_000;

/** Bytes of a body that an audit lets pass although nobody announced its length. */
const MAX_AUDITED_BODY = 67_108_864;

/** What a leg did, for the end of its phase. */
export interface Reported {
  record: RecordEntry;
  /** Absent unless `expose_headers` is on. */
  exposed?: Record<string, string>;
}

export class Instance {
  readonly plugin: string;
  readonly leg: Leg;
  readonly guard: HostGuard;
  /** The same for the live relay, where Kong does not read what is written. */
  readonly relayGuard: HostGuard;
  readonly lines: LogLines;
  /** The plugin is on a service or a route, so all of its requests go to one service. */
  readonly #hasOneService: boolean;
  #service: { name: string | undefined; until: number } | undefined;
  /** Of Kong's worker: each one starts an instance of its own. */
  #hasShortcut = false;
  #asksForShortcut = 0;

  /** @throws ConfigurationError Kong then answers every request on this instance with 500 */
  constructor(plugin: string, leg: Leg, config: unknown) {
    const { guard, warnings } = startGuard(config, leg, readVerdictAnywhere);
    this.plugin = plugin;
    this.leg = leg;
    this.guard = guard;
    const { config: settings, id } = guard;
    this.relayGuard = {
      ...guard,
      id: `${id} relay`,
      config: { ...settings, max_rewrite_size: Number.MAX_SAFE_INTEGER },
    };
    this.lines = new LogLines(
      plugin,
      warnings.map((text) => ({ level: 'warn', text })),
    );
    this.#hasOneService = hasKey(config, 'service_id') || hasKey(config, 'route_id');
  }

  /** Nothing that happens in an audit stops traffic. */
  get isAudit(): boolean {
    return this.guard.config.enforcing_strategy === 'audit';
  }

  /** Bytes of a body whose length nobody announced: Kong itself answers 500 to more than is asked for. */
  get maxUnannounced(): number {
    return this.isAudit ? MAX_AUDITED_BODY : this.guard.config.max_body_size;
  }

  /** Lets an exchange ask several questions at once, where this worker of Kong can answer them. */
  async prepare(exchange: Exchange): Promise<void> {
    const now = Date.now();
    if (!this.#hasShortcut && now >= this.#asksForShortcut) {
      this.#asksForShortcut = now + SHORTCUT_ASKED_AGAIN;
      this.#hasShortcut = await exchange.isShortcutThere();
    }
    if (this.#hasShortcut) exchange.takeShortcut();
  }

  async serviceName(exchange: Exchange): Promise<string | undefined> {
    if (!this.#hasOneService) return exchange.serviceName();
    const now = Date.now();
    if (!this.#service || this.#service.until < now) {
      this.#service = { name: await exchange.serviceName(), until: now + SERVICE_NAME_HOLDS };
    }
    return this.#service.name;
  }

  /**
   * @param began `performance.now()` when the phase began
   * @param others headers that the other leg exposed
   */
  async report(
    exchange: Exchange,
    inspection: Inspection,
    began: number,
    others?: Record<string, string>,
  ): Promise<Reported> {
    const record = recordOf(this.guard, inspection, performance.now() - began);
    publish({ kind: 'inspected', leg: this.leg, record });
    const reported = await this.#reported(exchange, record, others);
    const line = logLineOf(this.leg, record);
    if (line) await this.lines.write(exchange, line);
    return reported;
  }

  /** Inspects while the traffic goes on. */
  async reportLater(
    exchange: Exchange,
    audit: Pick<Audit, 'caller' | 'bytes' | 'inspect'>,
    began: number,
    others?: Record<string, string>,
  ): Promise<Reported> {
    const record = pendingRecord(this.guard, audit.bytes, performance.now() - began);
    const reported = await this.#reported(exchange, record, others);
    // The inspection itself has no vault to ask: it outlives the phase.
    await this.guard.aidr.followKey((reference) => exchange.secret(reference));
    inspectBeside({
      ...audit,
      done: (inspection) => {
        if (inspection) this.reportAfterwards(inspection, inspection.facts.aidrMs);
        else this.reportBroken();
      },
      dropped: () => this.reportDropped(),
    });
    return reported;
  }

  /** The relay takes over: what it finds is told when the answer has ended. */
  async reportRelayed(exchange: Exchange, began: number): Promise<Reported> {
    const record = pendingRecord(this.guard, 0, performance.now() - began);
    return this.#reported(exchange, { ...record, live: true }, undefined);
  }

  /** Outside a phase, where Kong's record is out of reach. */
  reportAfterwards(ended: Ended, tookMs: number): void {
    const record = recordOf(this.guard, ended, tookMs);
    publish({ kind: 'inspected', leg: this.leg, record });
    const line = logLineOf(this.leg, record);
    if (line) this.lines.add(line);
  }

  /** An audit had no room. */
  reportDropped(): void {
    publish({ kind: 'dropped', leg: this.leg });
  }

  /** An audit's inspection threw. */
  reportBroken(): void {
    publish({ kind: 'broken', leg: this.leg });
    this.lines.add({ level: 'err', text: 'audit: an inspection failed with an internal error' });
  }

  async #reported(
    exchange: Exchange,
    value: InspectionRecord,
    others: Record<string, string> | undefined,
  ): Promise<Reported> {
    const record = { key: `crowdstrike_aidr.${this.leg}`, value };
    if (!this.guard.config.expose_headers) return { record };
    const exposed = exposedHeaders(this.leg, value);
    await exchange.setAnswerHeaders({ ...others, ...exposed });
    return { record, exposed };
  }
}

function hasKey(config: unknown, key: string): boolean {
  return typeof config === 'object' && config !== null && key in config;
}
