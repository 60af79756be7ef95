/** What became of one body, and why: gathered from the plugins' own inspection while it runs. */

import type { GuardInput, GuardTool } from '../../aidr/request.ts';
import { readVerdict } from '../../aidr/verdict.ts';
import type { Path } from '../../body/json/edit.ts';
import type { Direction } from '../../config/schema.ts';
import type { Extraction, Segment, TextLocation } from '../../formats/segment.ts';
import type { Trace, Traced } from '../../formats/trace.ts';
import type { Inspection } from '../../inspection/inspector.ts';
import { changedBody, isRefusal } from '../../inspection/policy/decision.ts';
import type { RefusalReply } from '../../inspection/refusal/refusal-to-anyone.ts';
import { jsonPath } from '../dry-run/json-path.ts';
import type { RecordedCall } from '../dry-run/recording-aidr.ts';

export interface Explanation {
  direction: Direction;
  bytes: number;
  /** Names of the formats that read the body. */
  formats: readonly string[];
  outcome: Inspection['decision']['outcome'];
  /** Why nothing was inspected. */
  skipped?: string;
  failure?: { class: string; detail: string };
  /** What the client gets where the body does not go on. */
  refusal?: { code: string; status: number; reason: string; body: string };
  calls: ExplainedCall[];
  /** Texts of the body that no call holds; where it is refused before AIDR is asked, all of them. */
  unsent: ExplainedText[];
  inert: ExplainedPlace[];
  opaque: ExplainedPlace[];
  unreadable: ExplainedPlace[];
  /** What goes on in the body's place. */
  after?: Uint8Array;
}

export interface ExplainedCall {
  bytes: number;
  metadata: RecordedCall['metadata'];
  messages: (ExplainedText & { content: string })[];
  tools: (GuardTool & { places: string[] })[];
  verdict: { kind: string; summary?: string; detected: string[]; requestId?: string };
}

export interface ExplainedText {
  /** As AIDR is told; of what is not sent, as the body says. */
  role: string;
  kind?: string;
  text?: string;
  places: string[];
  /** Where parts of it are repeated: emptied when it is changed. */
  repeated?: string[];
  /** Why it cannot be changed. */
  fixed?: string;
}

export interface ExplainedPlace {
  place?: string;
  path?: Path;
  why: Traced['why'];
  value?: Traced['value'];
}

export interface Gathered {
  direction: Direction;
  inspection: Inspection;
  calls: readonly RecordedCall[];
  /** What was read, the first time; undefined for a body that nobody could read. */
  found: Extraction | undefined;
  reply: RefusalReply | undefined;
}

export function explanationOf({ direction, inspection, calls, found, reply }: Gathered): Explanation {
  const { decision, stats } = inspection;
  const told = new ToldTexts(found);
  const explained = calls.map((call) => told.explain(call));
  const after = changedBody(decision);
  return {
    ...{ direction, bytes: stats.bytes, formats: stats.formats, outcome: decision.outcome },
    ...(decision.outcome === 'skipped' ? { skipped: decision.why } : {}),
    ...('failure' in decision ? { failure: failureOf(decision.failure) } : {}),
    ...(isRefusal(decision) && reply ? { refusal: refusalOf(decision, reply) } : {}),
    calls: explained,
    unsent: told.unsent(),
    ...placesOf(found),
    ...(after ? { after } : {}),
  };
}

function failureOf({ class: name, detail }: { class: string; detail: string }) {
  return { class: name, detail };
}

function refusalOf(
  { rejection }: { rejection: { code: string; reason: string } },
  { status, body }: RefusalReply,
) {
  const { code, reason } = rejection;
  return { code, reason, status, body: Buffer.from(body).toString('utf8') };
}

function placesOf(found: Extraction | undefined) {
  const { inert, opaque, unreadable }: Trace = found?.trace ?? { inert: [], opaque: [], unreadable: [] };
  return {
    inert: inert.map(explained),
    opaque: [...opaque, ...unplaced('media', (found?.opaque ?? 0) - opaque.length)].map(explained),
    unreadable: [
      ...unreadable,
      ...unplaced('not_readable', (found?.unreadable ?? 0) - unreadable.length),
    ].map(explained),
  };
}

/** What was counted before there was any JSON: files in a form. */
function unplaced(why: Traced['why'], count: number): Traced[] {
  return Array.from({ length: Math.max(count, 0) }, () => ({ why }));
}

function explained({ path, why, value }: Traced): ExplainedPlace {
  return {
    ...(path ? { place: jsonPath(path), path } : {}),
    why,
    ...(value === undefined ? {} : { value }),
  };
}

/** Which text of the body each message of a call is. */
class ToldTexts {
  readonly #segments: readonly Segment[];
  readonly #found: Extraction | undefined;
  readonly #sent = new Set<Segment>();
  readonly #byText: Map<string, Segment[]>;

  constructor(found: Extraction | undefined) {
    this.#found = found;
    this.#segments = found?.segments ?? [];
    this.#byText = Map.groupBy(this.#segments, ({ text }) => text);
  }

  explain({ metadata, input, bytes, sent }: RecordedCall): ExplainedCall {
    const { messages = [], tools = [] }: GuardInput = JSON.parse(input);
    const inspected = sent.ok ? readVerdict(sent.reply) : sent;
    return {
      ...{ bytes, metadata },
      messages: messages.map(({ role, content }) => ({ role, content, ...this.#placesOf(content) })),
      tools: tools.map((tool) => ({ ...tool, places: this.#placesOfTool(tool) })),
      verdict: verdictOf(inspected),
    };
  }

  unsent(): ExplainedText[] {
    return this.#segments
      .filter((segment) => !this.#sent.has(segment))
      .map((segment) => ({ ...aboutSegment(segment), role: segment.role, text: segment.text }));
  }

  /** Equal texts are told in the order in which they stand; a long one in slices. */
  #placesOf(content: string): Omit<ExplainedText, 'role'> {
    const same = this.#byText.get(content) ?? this.#segments.filter(({ text }) => text.includes(content));
    const segment = same.find((one) => !this.#sent.has(one)) ?? same[0];
    if (!segment) return { places: [] };
    this.#sent.add(segment);
    return aboutSegment(segment);
  }

  #placesOfTool({ function: { name } }: GuardTool): string[] {
    const tool = this.#found?.tools.find((one) => one.name === name);
    return tool ? [...new Set(Object.values(tool.places).map((path) => jsonPath(path)))] : [];
  }
}

function aboutSegment({
  kind,
  pieces,
  copies,
  derived,
  immutableBecause,
}: Segment): Omit<ExplainedText, 'role'> {
  const where = ({ path, inner }: TextLocation) => jsonPath(path, inner);
  const places = [...pieces.flatMap((piece) => [piece, ...(piece.copies ?? [])]), ...copies].map(where);
  const repeated = [...new Set(derived.flat().map(({ path }) => jsonPath(path)))];
  return {
    kind,
    places: [...new Set(places)],
    ...(repeated.length > 0 ? { repeated } : {}),
    ...(immutableBecause ? { fixed: immutableBecause } : {}),
  };
}

function verdictOf(inspected: ReturnType<typeof readVerdict>): ExplainedCall['verdict'] {
  if (!inspected.ok) {
    const { class: kind, detail } = inspected.failure;
    return { kind, summary: detail, detected: [] };
  }
  const { kind, summary, detected, requestId } = inspected.verdict;
  return {
    ...{ kind, detected },
    ...(summary === undefined ? {} : { summary }),
    ...(requestId === undefined ? {} : { requestId }),
  };
}
