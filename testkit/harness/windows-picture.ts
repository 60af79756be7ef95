/** A timeline of live windows: what the relay's own code asks and releases, of a stream that is written at an even pace. */
import { SSE } from '../../src/body/stream/sse.ts';
import type { Change } from '../../src/body/text-changes.ts';
import { loadConfig } from '../../src/config/load.ts';
import { readStream } from '../../src/formats/read.ts';
import { routeFormats } from '../../src/formats/registry.ts';
import type { Segment } from '../../src/formats/segment.ts';
import { type InspectionPass, WindowedStream } from '../../src/live/windows.ts';

const SECRET = '234-56-7890';
const SHOWN_AS = '*******7890';
/** It lies across the end of a window. */
const SECRET_AT = 394;
const LENGTH = 700;
const PIECE = 20;
/** Milliseconds. */
const [PIECE_EVERY, AIDR_TAKES] = [80, 320];

/** Milliseconds since the first piece, and characters of the answer. */
interface Span {
  from: number;
  to: number;
  first: number;
  last: number;
  isRedacted: boolean;
}

interface Timeline {
  asked: Span[];
  got: Span[];
  ends: number;
}

const answer = `${'a'.repeat(SECRET_AT)}${SECRET}${'a'.repeat(LENGTH - SECRET_AT - SECRET.length)}`;

function windowsTimeline(windowChars: number, overlapChars: number): Timeline {
  const formats = routeFormats('openai', '/v1/chat/completions');
  if (!formats) throw new Error('no such route');
  const stream = new WindowedStream({
    ...{ framing: SSE, windowChars, overlapChars },
    read: (events) => readStream(formats, events, '/'),
  });
  const pieces = answer.match(new RegExp(`.{1,${PIECE}}`, 'g')) ?? [];
  const written = [...pieces.map(chunkOf), END];
  const timeline: Timeline = { asked: [], got: [], ends: pieces.length * PIECE_EVERY };
  let underWay: { pass: InspectionPass; since: number } | undefined;
  for (let now = 0; now < timeline.ends + 3 * AIDR_TAKES; now += PIECE_EVERY / 2) {
    if (underWay && now >= underWay.since + AIDR_TAKES) {
      commit(stream, underWay.pass, { since: underWay.since, now }, timeline);
      if (underWay.pass.isLast) return timeline;
      underWay = undefined;
    }
    if (now % PIECE_EVERY === 0 && now < timeline.ends) {
      for (const event of take(written, now + PIECE_EVERY >= timeline.ends)) stream.push(Buffer.from(event));
    }
    const isOver = now >= timeline.ends;
    if (isOver && written.length === 0 && !underWay) stream.end();
    const pass = !underWay && (isOver || stream.isDue) ? stream.begin(isOver) : undefined;
    if (pass) underWay = { pass, since: now };
  }
  throw new Error('the stream has no end');
}

const END = 'data: [DONE]\n\n';

function chunkOf(content: string): string {
  return `data: ${JSON.stringify({ object: 'chat.completion.chunk', choices: [{ index: 0, delta: { content } }] })}\n\n`;
}

function textIn(sse: string): string {
  return [...sse.matchAll(/"content":"([^"]*)"/g)].map(([, text]) => text).join('');
}

/** The events that end a stream come with its last piece. */
function take(written: string[], isLast: boolean): string[] {
  return written.splice(0, isLast ? written.length : 1);
}

function commit(
  stream: WindowedStream,
  pass: InspectionPass,
  { since, now }: { since: number; now: number },
  { asked, got }: Timeline,
): void {
  const changes = new Map<Segment, Change[]>();
  for (const [segment, { start, end }] of pass.windows) {
    const at = segment.text.slice(start, end).indexOf(SECRET);
    const found: Change[] =
      at < 0 ? [] : [{ start: start + at, end: start + at + SECRET.length, text: SHOWN_AS }];
    changes.set(segment, found);
    asked.push({ from: since, to: now, first: start, last: end, isRedacted: found.length > 0 });
  }
  const released = stream.commit(pass, changes);
  if (!released.ok) throw new Error(released.detail);
  const text = textIn(Buffer.concat(released.bytes).toString());
  const first = got.at(-1)?.last ?? 0;
  if (text === '') return;
  got.push({ from: now, to: now, first, last: first + text.length, isRedacted: text.includes(SHOWN_AS) });
}

const [LEFT, WIDTH, LANE, TOP, BAR] = [170, 900, 76, 70, 26];
const LANES = ['The provider writes', 'AIDR reads', 'The client gets'];

/** @returns an SVG on a ground of its own, so that it can be read on light and dark pages */
export function windowsPicture(): string {
  const { config } = loadConfig(
    {
      ai_guard_api_key: 'none',
      upstream_llm: { provider: 'openai', api_uri: 'auto' },
      response_mode: 'live',
    },
    'response',
  );
  const { window_chars: windowChars, window_overlap_chars: overlapChars } = config;
  const { asked, got, ends } = windowsTimeline(windowChars, overlapChars);
  const last = got.at(-1)?.to ?? ends;
  const x = (ms: number) => Math.round(LEFT + (ms / last) * (WIDTH - LEFT - 98));
  const y = (lane: number) => TOP + lane * LANE;
  const bar = (
    lane: number,
    row: number,
    left: number,
    width: number,
    { first, last: end, isRedacted }: Span,
  ) => {
    const top = y(lane) + row * (BAR + 4);
    const label = `<text x="${left + 6}" y="${top + 18}">${first}–${end}</text>`;
    return `<rect class="${isRedacted ? 'found' : 'bar'}" x="${left}" y="${top}" width="${width}" height="${BAR}" rx="3"/>${label}`;
  };
  const perChar = ends / LENGTH;
  const written = Array.from({ length: LENGTH / 100 }, (_, index): Span => {
    const [first, end] = [index * 100, index * 100 + 100];
    const isRedacted = SECRET_AT < end && SECRET_AT + SECRET.length > first;
    return { from: first * perChar, to: end * perChar, first, last: end, isRedacted };
  });
  const secretEnd = SECRET_AT + SECRET.length;
  const marks = [
    ...written.map((span) => bar(0, 0, x(span.from), x(span.to) - x(span.from) - 2, span)),
    ...asked.map((span, index) => bar(1, index % 2, x(span.from), x(span.to) - x(span.from), span)),
    ...got.map((span) => bar(2, 0, x(span.from), 84, span)),
    ...got.map((span) => `<path class="way" d="M${x(span.from)} ${y(1) - 6}V${y(2)}"/>`),
  ];
  const lanes = LANES.map((name, lane) => `<text class="lane" x="14" y="${y(lane) + 18}">${name}</text>`);
  const height = y(LANES.length) + 4;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img">
<title>Windows of a live answer</title>
<style>text{font:13px sans-serif;fill:#16191f}.lane,.head{font-weight:bold}.note{fill:#454b57}.ground{fill:#fbfbfd;stroke:#c5c9d3}.bar{fill:#d5e3fa;stroke:#3a66ad}.found{fill:#ffd9c9;stroke:#b03a10}.way{stroke:#7b8290;stroke-dasharray:3 3;fill:none}</style>
<rect class="ground" x="1" y="1" width="${WIDTH - 2}" height="${height - 2}" rx="8"/>
<text class="head" x="14" y="26">A live answer of ${LENGTH} characters: window_chars ${windowChars}, window_overlap_chars ${overlapChars}. Time runs to the right.</text>
<text class="note" x="14" y="48">Labels count characters. Orange: the number at ${SECRET_AT}–${secretEnd}, as it is written, found by AIDR, and sent redacted.</text>
${[...lanes, ...marks].join('\n')}
</svg>
`;
}
