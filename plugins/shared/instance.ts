/** What the instances of all plugins hold and do: configuration, log, record. */

import type { Direction } from '../../src/config/schema.ts';
import { type Audit, inspectBeside } from '../../src/inspection/audit.ts';
import type { Caller } from '../../src/inspection/calls/metadata.ts';
import {
  type AnyHostInspector,
  type CreatedInspector,
  createInspector,
  type HostInspector,
} from '../../src/inspection/create-inspector.ts';
import type { Inspection } from '../../src/inspection/inspector.ts';
import { type RefusedClient, refusalReply } from '../../src/inspection/refusal/refusal-reply.ts';
import type { RefusalReply } from '../../src/inspection/refusal/refusal-to-anyone.ts';
import { type PhaseFailure, phaseFailure, type Refuser } from '../../src/inspection/refusal/refuser.ts';
import type { Rejection } from '../../src/inspection/refusal/rejection.ts';
import { publish } from '../../src/inspection/report/inspection-channel.ts';
import { startInspectionSpan } from '../../src/inspection/report/inspection-span.ts';
import {
  type CompletedInspection,
  type InspectionRecord,
  logLineOf,
  pendingRecord,
  recordOf,
} from '../../src/inspection/report/record.ts';
import type { KongRequest, RecordEntry } from '../../src/kong/kong-request.ts';
import type { RelayReports } from '../../src/live/relayed.ts';
import { readVerdictAnywhere } from '../../src/workers/inspect.ts';
import { exposedHeaders } from './exposed-headers.ts';
import { LogLines } from './log-lines.ts';
import { replyIn } from './phase-results.ts';

/** Milliseconds for which the name of the service is cached: services are seldom renamed. */
const SERVICE_NAME_HOLDS = 60_000;

/** Milliseconds until a worker without the batch hook is asked again: it may have been configured since. */
const BATCH_HOOK_ASKED_AGAIN = 60_000;

/** Bytes of a body that an audit lets pass although nobody announced its length. */
const MAX_AUDITED_BODY = 67_108_864;

/** The phase whose inspection is reported. */
export interface ReportedPhase {
  /** `performance.now()` when it began. */
  began: number;
  /** Kong's id of the request, where it is known. */
  requestId?: string | undefined;
  /** Headers that the other direction exposed. */
  exposed?: Record<string, string> | undefined;
  /** Ends the span of the inspection, if there is one; set by `begin`. */
  endSpan?: (record: InspectionRecord) => void;
}

/** What a direction did, for the end of its phase. */
export interface Reported {
  record: RecordEntry;
  /** Absent unless `expose_headers` is on. */
  exposed?: Record<string, string>;
}

/** What ended in the relay reaches Kong's record in a header, which is small. */
const NO_ROOM_FOR_CONTENT = 'log_blocked_content has no effect with placement relay';

export abstract class AnyInstance<Kind extends AnyHostInspector = AnyHostInspector> implements Refuser {
  readonly plugin: string;
  readonly direction: Direction;
  readonly inspector: Kind;
  /** The same for the live relay, where Kong does not read what is written. */
  readonly relayInspector: Kind;
  readonly lines: LogLines;
  /** The plugin is on a service or a route, so all of its requests go to one service. */
  readonly #hasOneService: boolean;
  #service: { name: string | undefined; until: number } | undefined;
  /** Of Kong's worker: each one starts an instance of its own. */
  #hasBatchHook = false;
  #asksForBatchHook = 0;
  readonly #failureReplies = new Map<string, RefusalReply>();

  /** @param create tells the operator what is learned later */
  protected constructor(
    plugin: string,
    direction: Direction,
    config: unknown,
    create: (warn: (text: string) => void) => CreatedInspector<Kind>,
  ) {
    const { inspector, warnings } = create((text) => this.lines.add({ level: 'warn', text }));
    this.plugin = plugin;
    this.direction = direction;
    this.inspector = inspector;
    const { config: settings, id } = inspector;
    this.relayInspector = {
      ...inspector,
      id: `${id} relay`,
      config: { ...settings, max_rewrite_size: Number.MAX_SAFE_INTEGER },
    };
    if (settings.log_blocked_content && settings.placement === 'relay') warnings.push(NO_ROOM_FOR_CONTENT);
    this.lines = new LogLines(
      plugin,
      warnings.map((text) => ({ level: 'warn', text })),
    );
    this.#hasOneService = hasKey(config, 'service_id') || hasKey(config, 'route_id');
  }

  /** Under `audit` nothing stops traffic. */
  get isAudit(): boolean {
    return this.inspector.config.enforcing_strategy === 'audit';
  }

  get neverRefuses(): boolean {
    return this.isAudit;
  }

  /** Bytes of a body whose length nobody announced: Kong itself answers 500 to more than is asked for. */
  get maxUnannounced(): number {
    return this.isAudit ? MAX_AUDITED_BODY : this.inspector.config.max_body_size;
  }

  /** Uses the batch hook, if this worker of Kong has it. */
  async prepare(kongRequest: KongRequest): Promise<void> {
    const now = Date.now();
    if (!this.#hasBatchHook && now >= this.#asksForBatchHook) {
      this.#asksForBatchHook = now + BATCH_HOOK_ASKED_AGAIN;
      this.#hasBatchHook = await kongRequest.isBatchHookThere();
    }
    if (this.#hasBatchHook) kongRequest.useBatchHook();
  }

  async serviceName(kongRequest: KongRequest): Promise<string | undefined> {
    if (!this.#hasOneService) return kongRequest.serviceName();
    const now = Date.now();
    if (!this.#service || this.#service.until < now) {
      this.#service = { name: await kongRequest.serviceName(), until: now + SERVICE_NAME_HOLDS };
    }
    return this.#service.name;
  }

  /**
   * The inspection of a phase begins: from here on it has a span, if somebody wants one, which ends with its report.
   *
   * @returns the caller, with the span as the parent of whatever is asked for the inspection
   */
  begin(phase: ReportedPhase, caller: Caller): Caller {
    const spanned = startInspectionSpan(this.direction, caller, phase.began);
    phase.endSpan = spanned.end;
    return spanned.caller;
  }

  async report(
    kongRequest: KongRequest,
    inspection: Inspection,
    { began, requestId, exposed: others, endSpan }: ReportedPhase,
  ): Promise<Reported> {
    const record = recordOf(this.inspector, inspection, performance.now() - began, requestId);
    publish({ kind: 'inspected', direction: this.direction, record });
    endSpan?.(record);
    const reported = await this.#reported(kongRequest, record, others);
    const line = logLineOf(this.direction, record);
    if (line) await this.lines.write(kongRequest, { ...line, requestId });
    return reported;
  }

  /** Inspects while the traffic goes on. */
  async reportLater(
    kongRequest: KongRequest,
    audit: Pick<Audit, 'caller' | 'bytes' | 'inspect'>,
    { began, requestId, exposed: others, endSpan }: ReportedPhase,
  ): Promise<Reported> {
    const record = pendingRecord(this.inspector, audit.bytes, performance.now() - began, requestId);
    const reported = await this.#reported(kongRequest, record, others);
    // The inspection itself has no vault to ask: it outlives the phase.
    await this.inspector.aidr.followKey((reference) => kongRequest.secret(reference));
    inspectBeside({
      ...audit,
      done: (inspection) => {
        if (inspection) endSpan?.(this.reportAfterwards(inspection, inspection.stats.aidrMs, requestId));
        else this.reportBroken();
      },
      dropped: () => this.reportDropped(),
    });
    return reported;
  }

  /** Kong's record of what the relay inspects: what it finds is told when that has ended. */
  relayedRecord(began: number): RecordEntry {
    const value = { ...pendingRecord(this.inspector, 0, performance.now() - began), live: true };
    return { key: `crowdstrike_aidr.${this.direction}`, value };
  }

  /** @param requestId Kong's, where it is known */
  relayReports(requestId: string | undefined): RelayReports {
    return {
      isAudit: this.isAudit,
      report: (ended, tookMs) => this.reportAfterwards(ended, tookMs, requestId),
      describe: (ended, tookMs) => recordOf(this.inspector, ended, tookMs, requestId),
      exposed: (record = pendingRecord(this.inspector, 0, 0)) =>
        this.inspector.config.expose_headers ? exposedHeaders(this.direction, record) : {},
      reportDropped: () => this.reportDropped(),
      reportBroken: () => this.reportBroken(),
      warn: (text) => this.lines.addLate({ level: 'err', text, requestId }),
    };
  }

  /** Outside a phase, where Kong's record is out of reach. */
  reportAfterwards(ended: CompletedInspection, tookMs: number, requestId?: string): InspectionRecord {
    const record = recordOf(this.inspector, ended, tookMs, requestId);
    publish({ kind: 'inspected', direction: this.direction, record });
    const line = logLineOf(this.direction, record);
    if (line) this.lines.addLate({ ...line, requestId });
    return record;
  }

  /** An audit had no room. */
  reportDropped(): void {
    publish({ kind: 'dropped', direction: this.direction });
  }

  /** An audit's inspection threw. */
  reportBroken(): void {
    publish({ kind: 'broken', direction: this.direction });
    this.lines.add({ level: 'err', text: 'audit: an inspection failed with an internal error' });
  }

  /**
   * What a client gets of which nothing is known, because the phase threw or the plugin server ends it. It has to be at
   * hand before each phase, so it is made once.
   */
  replyToFailure(direction: Direction, why: PhaseFailure): RefusalReply {
    const key = `${direction} ${why}`;
    const made = this.#failureReplies.get(key);
    if (made) return made;
    const reply = this.replyToUnknown(phaseFailure(direction, why));
    this.#failureReplies.set(key, reply);
    return reply;
  }

  /** What a client gets of which nothing is known. */
  protected abstract replyToUnknown(rejection: Rejection): RefusalReply;

  /** What a client gets that is refused. */
  abstract replyTo(
    kongRequest: KongRequest,
    rejection: Rejection,
    client: RefusedClient,
  ): Promise<RefusalReply>;

  async #reported(
    kongRequest: KongRequest,
    value: InspectionRecord,
    others: Record<string, string> | undefined,
  ): Promise<Reported> {
    const record = { key: `crowdstrike_aidr.${this.direction}`, value };
    if (!this.inspector.config.expose_headers) return { record };
    const exposed = exposedHeaders(this.direction, value);
    await kongRequest.setAnswerHeaders({ ...others, ...exposed });
    return { record, exposed };
  }
}

/** Of a plugin for LLM APIs. */
export class Instance extends AnyInstance<HostInspector> {
  /** @throws ConfigurationError Kong then answers every request on this instance with 500 */
  constructor(plugin: string, direction: Direction, config: unknown) {
    super(plugin, direction, config, (warn) => createInspector(config, direction, readVerdictAnywhere, warn));
  }

  replyTo(kongRequest: KongRequest, rejection: Rejection, client: RefusedClient): Promise<RefusalReply> {
    return replyIn(this, kongRequest, rejection, client);
  }

  protected override replyToUnknown(rejection: Rejection): RefusalReply {
    return refusalReply(this.inspector, rejection, {});
  }
}

function hasKey(config: unknown, key: string): boolean {
  return typeof config === 'object' && config !== null && key in config;
}
