/** Streams that are inspected while they are written: one inspection pass at a time, while reading continues. */
import type { Failure } from '../aidr/failure.ts';
import { BODY_HEADERS } from '../body/body-headers.ts';
import type { Framing } from '../body/stream/framing.ts';
import { SSE } from '../body/stream/sse.ts';
import { isRevoked } from '../fair-share/revocation.ts';
import { readStream } from '../formats/read.ts';
import { PassedCalls } from '../inspection/calls/passed-calls.ts';
import { answerTurns } from '../inspection/history/answer-turns.ts';
import { NO_TEXT } from '../inspection/inspect-extraction.ts';
import { inspectWindow } from '../inspection/inspect-window.ts';
import { cannotInspect } from '../inspection/open-body.ts';
import { isRefusal } from '../inspection/policy/decision.ts';
import { failClosed, unappliable } from '../inspection/policy/enforcement.ts';
import { roomLost } from '../inspection/policy/no-room.ts';
import { undecodable } from '../inspection/refusal/rejection.ts';
import { errorLocation } from '../kong/error-location.ts';
import { type AnswerState, afterRelease, endingWith, isRefused, nothingSent } from './answer-state.ts';
import { forwardRest } from './forward-rest.ts';
import { endToEnd } from './headers.ts';
import { cannotHold, refuse } from './refuse.ts';
import type { Relayed, RelayOutcome } from './relayed.ts';
import { brokenOff, keepAlive, serveWhole } from './serve-whole.ts';
import { type InspectionPass, WindowedStream } from './windows.ts';

export function serveWindows(relayed: Relayed, framing: Framing): Promise<RelayOutcome> {
  return new WindowedAnswer(relayed, framing).serve();
}

/** What is committed until now. */
interface Committed {
  /** The last one. */
  pass: InspectionPass;
  isRedacted: boolean;
  isLate: boolean;
  /** Why a part has no verdict. */
  failure: Failure | undefined;
}

class WindowedAnswer {
  readonly #relayed: Relayed;
  readonly #framing: Framing;
  readonly #stream: WindowedStream;
  readonly #passed = new PassedCalls();
  #state = nothingSent();
  #committed: Committed | undefined;
  #isRead = false;
  #running: Promise<void> | undefined;

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
        if (this.#state.kind === 'held') this.#state.read.push(chunk);
        this.#stream.push(chunk);
        if (refused) this.#endWith(cannotHold(this.#relayed, refused));
        if (this.#state.kind === 'ending' || this.#stream.problem) break;
        this.#beginRound();
        await client.drained(abort.signal);
      }
    } catch (error) {
      // A pass that decided against the rest of the answer aborts the reading, which then ends with an error.
      if (isRevoked(abort.signal)) this.#endWith(roomLost('response'));
      if (this.#state.kind !== 'ending') return brokenOff(this.#relayed, error);
    }
    this.#isRead = true;
    await this.#running;
    return this.#serveEnd(this.#state);
  }

  #endWith(decision: RelayOutcome): void {
    this.#state = endingWith(this.#state, decision);
  }

  #beginRound(): void {
    if (this.#running || this.#isRead || this.#state.kind === 'ending' || !this.#stream.isDue) return;
    const pass = this.#stream.begin(false);
    if (!pass) return;
    this.#running = this.#inspect(pass)
      .catch((error: unknown) => {
        this.#endWith(failClosed('response', { class: 'internal', detail: errorLocation(error) }));
      })
      .finally(() => {
        this.#running = undefined;
        if (isRefused(this.#state)) this.#relayed.abort.abort();
        this.#beginRound();
      });
  }

  async #inspect(pass: InspectionPass): Promise<void> {
    const { admission, abort, stats } = this.#relayed;
    const { history } = admission.carryOver;
    const request = { caller: admission.caller, signal: abort.signal, ...(history ? { history } : {}) };
    stats.formats = pass.formats;
    stats.streamed = true;
    const { inspector } = admission;
    const { extraction, windows } = pass;
    const inspected = await inspectWindow(inspector, extraction, windows, request, stats, this.#passed);
    // If this inspection lost its room, AIDR had no time to answer. That must not count as a failure of AIDR.
    if (isRevoked(abort.signal)) this.#endWith(roomLost('response'));
    if (inspected.kind === 'decided') {
      this.#endWith(inspected.decision);
      return;
    }
    const failure = this.#committed?.failure ?? inspected.failure;
    const released = this.#stream.commit(pass, inspected.changes);
    if (!released.ok) {
      this.#endWith(unappliable('response', released.detail));
      return;
    }
    const isRedacted = released.isRedacted || (this.#committed?.isRedacted ?? false);
    this.#committed = { pass, isRedacted, isLate: released.isLate, failure };
    if (released.bytes.length === 0 || isRefused(this.#state)) return;
    this.#state = afterRelease(this.#state);
    this.#relayed.client.write(released.bytes);
  }

  /** Everything has arrived that is to be read. */
  #serveEnd(state: AnswerState): Promise<RelayOutcome> {
    switch (state.kind) {
      case 'ending':
        return this.#finish(state.decision);
      case 'held':
        return this.#inspectRest(state.read);
      case 'begun':
        return this.#inspectRest();
    }
  }

  /** @param unsent all that was read, if nothing of it was sent: an odd stream can then still be inspected as a whole */
  async #inspectRest(unsent?: readonly Uint8Array[]): Promise<RelayOutcome> {
    const { admission, client } = this.#relayed;
    const { problem: problemBefore } = this.#stream;
    if (!problemBefore) this.#stream.end();
    const { problem } = this.#stream;
    const pass = problem ? undefined : this.#stream.begin(true);
    if (!pass && unsent) return serveWhole(this.#relayed, unsent);
    if (problem) return this.#finish({ outcome: 'blocked', rejection: undecodable('response', problem) });
    if (!pass) return this.#finish(cannotInspect('response', admission.inspector, 'unknown_shape'));
    await this.#inspect(pass);
    if (this.#state.kind === 'ending') return this.#finish(this.#state.decision);
    if (!this.#committed) throw new Error('an answer cannot end well without a verdict');
    client.end();
    return this.#wellEnded(this.#committed);
  }

  #wellEnded({ pass: { extraction, texts }, failure, isLate, isRedacted }: Committed): RelayOutcome {
    const { admission, stats } = this.#relayed;
    // Without a last verdict it is not known whether a redaction came too late.
    stats.lateRedaction = isLate && !failure;
    if (failure) return { outcome: 'failed_open', failure };
    if (extraction.segments.length === 0) return NO_TEXT;
    const { history } = admission.carryOver;
    // Under `validate` a redaction was only reported, and the text is still in clear.
    if (history && admission.inspector.config.operation !== 'validate') {
      const redacted = new Map([...texts].map(([segment, { changes }]) => [segment, changes] as const));
      admission.inspector.history.remember(() => answerTurns(history, extraction.segments, redacted));
    }
    return isRedacted ? { outcome: 'redacted' } : { outcome: 'allowed' };
  }

  /** AIDR is not asked again: the answer ends here, or the rest passes uninspected. */
  async #finish(ending: RelayOutcome): Promise<RelayOutcome> {
    const { client, abort } = this.#relayed;
    const { events, left } = this.#stream;
    if (client.isGone) return ending;
    if (isRefusal(ending)) {
      refuse(this.#relayed, ending.rejection, { framing: this.#framing, events, count: left });
      return ending;
    }
    const released = this.#stream.releaseAll(this.#committed?.pass);
    if (!released.ok || abort.signal.aborted) {
      client.cut();
      return ending;
    }
    await forwardRest(this.#relayed, released.bytes);
    return ending;
  }
}
