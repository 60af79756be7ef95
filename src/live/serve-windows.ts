/** Streams that are inspected while they are written: one inspection pass at a time, while reading continues. */
import type { Failure } from '../aidr/failure.ts';
import { BODY_HEADERS } from '../body/body-headers.ts';
import type { Framing } from '../body/stream/framing.ts';
import { SSE } from '../body/stream/sse.ts';
import { isRevoked } from '../fair-share/revocation.ts';
import { readStream } from '../formats/read.ts';
import { answerTurns } from '../inspection/history/answer-turns.ts';
import { NO_TEXT } from '../inspection/inspect-extraction.ts';
import { inspectWindow } from '../inspection/inspect-window.ts';
import { cannotInspect } from '../inspection/open-body.ts';
import { failClosed } from '../inspection/policy/enforcement.ts';
import { roomLost } from '../inspection/policy/no-room.ts';
import { undecodable } from '../inspection/refusal/rejection.ts';
import { errorLocation } from '../kong/error-location.ts';
import { forwardRest } from './forward-rest.ts';
import { endToEnd } from './headers.ts';
import { cannotHold, refuse } from './refuse.ts';
import type { Relayed, RelayOutcome } from './relayed.ts';
import { brokenOff, keepAlive, serveWhole } from './serve-whole.ts';
import { type InspectionPass, WindowedStream } from './windows.ts';

export function serveWindows(relayed: Relayed, framing: Framing): Promise<RelayOutcome> {
  return new WindowedAnswer(relayed, framing).serve();
}

class WindowedAnswer {
  readonly #relayed: Relayed;
  readonly #framing: Framing;
  readonly #stream: WindowedStream;
  /** All that was read, as long as nothing of it was sent. */
  #unsent: Uint8Array[] | undefined = [];
  #isRead = false;
  #running: Promise<void> | undefined;
  #committed: InspectionPass | undefined;
  /** Why the answer ends differently. */
  #ending: RelayOutcome | undefined;
  /** Why a part of it has no verdict. */
  #failure: Failure | undefined;

  constructor(relayed: Relayed, framing: Framing) {
    const { admission, answer, client } = relayed;
    const { config, formats } = admission.inspector;
    this.#relayed = relayed;
    this.#framing = framing;
    this.#stream = new WindowedStream({
      framing,
      windowChars: config.window_chars,
      overlapChars: config.window_overlap_chars,
      read: (events) => readStream(formats, events, admission.path),
    });
    const headers = endToEnd(answer.headers, [...BODY_HEADERS, 'content-length']);
    client.hold(
      // Tells nginx in Kong to pass each frame on as it comes.
      { status: answer.status, headers: [...headers, 'X-Accel-Buffering', 'no'] },
      framing === SSE ? keepAlive(config.max_hold_ms) : undefined,
    );
  }

  async serve(): Promise<RelayOutcome> {
    const { chunks, held, client, abort } = this.#relayed;
    try {
      for await (const chunk of chunks) {
        const refused = held.take(chunk.length);
        this.#unsent?.push(chunk);
        this.#stream.push(chunk);
        if (refused) this.#ending ??= cannotHold(this.#relayed, refused);
        if (this.#ending || this.#stream.problem) break;
        this.#beginRound();
        await client.drained(abort.signal);
      }
    } catch (error) {
      // A pass that decided against the rest of the answer aborts the reading, which then ends with an error.
      if (isRevoked(abort.signal)) this.#ending ??= roomLost('response');
      if (!this.#ending) return brokenOff(this.#relayed, error);
    }
    this.#isRead = true;
    await this.#running;
    return this.#ending ? this.#finish(this.#ending) : this.#serveEnd();
  }

  #beginRound(): void {
    if (this.#running || this.#ending || this.#isRead || !this.#stream.isDue) return;
    const pass = this.#stream.begin(false);
    if (!pass) return;
    this.#running = this.#inspect(pass)
      .catch((error: unknown) => {
        this.#ending ??= failClosed('response', { class: 'internal', detail: errorLocation(error) });
      })
      .finally(() => {
        this.#running = undefined;
        if (this.#ending && 'rejection' in this.#ending) this.#relayed.abort.abort();
        this.#beginRound();
      });
  }

  async #inspect(pass: InspectionPass): Promise<void> {
    const { admission, abort, stats } = this.#relayed;
    const { history } = admission.carryOver;
    const request = { caller: admission.caller, signal: abort.signal, ...(history ? { history } : {}) };
    stats.formats = pass.formats;
    stats.streamed = true;
    const inspected = await inspectWindow(admission.inspector, pass.extraction, pass.windows, request, stats);
    // If this inspection lost its room, AIDR had no time to answer. That must not count as a failure of AIDR.
    if (isRevoked(abort.signal)) this.#ending ??= roomLost('response');
    if ('outcome' in inspected) {
      this.#ending ??= inspected;
      return;
    }
    this.#failure ??= inspected.failure;
    const released = this.#stream.commit(pass, inspected.changes);
    if (!released.ok) {
      const { detail } = released;
      this.#ending ??= failClosed('response', { class: 'unappliable_redaction', detail });
      return;
    }
    this.#committed = pass;
    if (!this.#ending || !('rejection' in this.#ending)) this.#send(released.bytes);
  }

  #send(bytes: readonly Uint8Array[]): void {
    if (bytes.length === 0) return;
    this.#unsent = undefined;
    this.#relayed.client.write(bytes);
  }

  async #serveEnd(): Promise<RelayOutcome> {
    const { admission, client } = this.#relayed;
    const { problem: problemBefore } = this.#stream;
    if (!problemBefore) this.#stream.end();
    const { problem } = this.#stream;
    const pass = problem ? undefined : this.#stream.begin(true);
    // As long as nothing was sent, an odd stream can still be inspected as a whole.
    if (!pass && this.#unsent) return serveWhole(this.#relayed, this.#unsent);
    if (problem) return this.#finish({ outcome: 'blocked', rejection: undecodable('response', problem) });
    if (!pass) return this.#finish(cannotInspect('response', admission.inspector, 'unknown_shape'));
    await this.#inspect(pass);
    if (this.#ending) return this.#finish(this.#ending);
    client.end();
    return this.#wellEnded(pass);
  }

  #wellEnded({ extraction, texts }: InspectionPass): RelayOutcome {
    const { admission, stats } = this.#relayed;
    // Without a last verdict it is not known whether a redaction came too late.
    stats.lateRedaction = this.#stream.isLate && !this.#failure;
    if (this.#failure) return { outcome: 'failed_open', failure: this.#failure };
    if (extraction.segments.length === 0) return NO_TEXT;
    const { history } = admission.carryOver;
    // Under `validate` a redaction was only reported, and the text is still in clear.
    if (history && admission.inspector.config.operation !== 'validate') {
      const redacted = new Map([...texts].map(([segment, { changes }]) => [segment, changes] as const));
      admission.inspector.history.remember(() => answerTurns(history, extraction.segments, redacted));
    }
    return this.#stream.isRedacted ? { outcome: 'redacted' } : { outcome: 'allowed' };
  }

  /** AIDR is not asked again: the answer ends here, or the rest passes uninspected. */
  async #finish(ending: RelayOutcome): Promise<RelayOutcome> {
    const { client, abort } = this.#relayed;
    const { events, left } = this.#stream;
    if (client.isGone) return ending;
    if ('rejection' in ending) {
      refuse(this.#relayed, ending.rejection, { framing: this.#framing, events, count: left });
      return ending;
    }
    const released = this.#stream.releaseAll(this.#committed);
    if (!released.ok || abort.signal.aborted) {
      client.cut();
      return ending;
    }
    await forwardRest(this.#relayed, released.bytes);
    return ending;
  }
}
