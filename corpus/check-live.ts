/** One streamed answer through windows of random sizes: does the client read what it would read buffered? */
import { decodeBody } from '../src/body/content-encoding.ts';
import { framingOfType, parseStream } from '../src/body/stream/index.ts';
import { readStream } from '../src/formats/read.ts';
import { routeFormats } from '../src/formats/registry.ts';
import type { Segment } from '../src/formats/segment.ts';
import { WindowedStream } from '../src/live/windows.ts';
import { routeOf, type Sample } from '../testkit/corpus/manifest.ts';
import { cut, inOnePiece, throughWindows } from '../testkit/streams/through-windows.ts';
import type { Report } from './places.ts';

const TRIALS = 8;
const MAX_SECRETS = 6;
const OVERLAP = 40;

export async function checkLive(sample: Sample, bytes: Uint8Array): Promise<Report> {
  const report: Report = { expected: 0, found: 0, names: 0, extra: 0, problems: [] };
  const decoded = await decodeBody(bytes, sample.content_encoding, 100_000_000);
  const framing = framingOfType(sample.content_type);
  const route = routeOf(sample);
  const formats = route && routeFormats(...route);
  if (!decoded.ok || !framing || !formats) return report;
  const parsed = parseStream(decoded.bytes, sample.content_type);
  const [path = ''] = sample.api_uri.split('?');
  const read = (events: Parameters<typeof readStream>[1]) => readStream(formats, events, path);
  // What is read in another way than as it is labelled goes in one piece.
  if (!parsed?.ok || !read(parsed.document.events).isRecognised) return report;
  const { document } = parsed;
  const { extraction } = read(document.events);
  for (let trial = 0; trial < TRIALS; trial++) {
    const secrets = secretsIn(extraction.segments);
    const redact = (text: string) =>
      secrets.reduce((rest, secret) => rest.replaceAll(secret, '<HIDDEN>'), text);
    const stream = new WindowedStream({ framing, windowChars: random(1, 300), overlapChars: OVERLAP, read });
    const sizes = Array.from({ length: 5 }, () => random(1, 900));
    const sent = throughWindows(stream, cut(decoded.bytes, sizes), random(1, 6), redact);
    const buffered = inOnePiece(document, extraction, redact);
    report.expected++;
    const problem = difference(sent, buffered, (body) => textsIn(sample, body, read));
    if (problem) report.problems.push(`${problem}, hiding ${JSON.stringify(secrets)}`);
    else report.found++;
  }
  return report;
}

function difference(
  sent: Uint8Array | undefined,
  buffered: Uint8Array | undefined,
  texts: (body: Uint8Array) => string,
): string | undefined {
  if (!sent || !buffered) return sent === buffered ? undefined : 'refused in one mode only';
  return texts(sent) === texts(buffered) ? undefined : 'the client reads something else';
}

function textsIn(
  sample: Sample,
  body: Uint8Array,
  read: (events: Parameters<typeof readStream>[1]) => ReturnType<typeof readStream>,
): string {
  const parsed = parseStream(body, sample.content_type);
  if (!parsed?.ok) return 'cannot be read';
  return JSON.stringify(
    read(parsed.document.events).extraction.segments.map(({ role, kind, text }) => [role, kind, text]),
  );
}

/** Passages of the texts; no JSON breaks without them. Two that stood one in the other would be longer than the overlap. */
function secretsIn(segments: readonly Segment[]): string[] {
  const secrets: string[] = [];
  const long = segments.filter(({ text, immutableBecause }) => !immutableBecause && text.length > 3);
  for (let count = random(0, MAX_SECRETS); count > 0 && long.length > 0; count--) {
    const { text } = long[random(0, long.length - 1)] ?? { text: '' };
    const start = random(0, text.length - 1);
    const [word = ''] = /^[\p{L}\p{N} ]+/u.exec(text.slice(start, start + random(3, OVERLAP))) ?? [];
    if (word.trim().length <= 2) continue;
    if (long.every((segment) => standApart(segment.text, [...secrets, word]))) secrets.push(word);
  }
  return secrets;
}

function standApart(text: string, secrets: readonly string[]): boolean {
  const places = secrets.flatMap((secret) => {
    const starts: number[] = [];
    for (let at = text.indexOf(secret); at !== -1; at = text.indexOf(secret, at + 1)) starts.push(at);
    return starts.map((start) => ({ start, end: start + secret.length }));
  });
  places.sort((a, b) => a.start - b.start);
  return places.every(({ end }, index) => end <= (places[index + 1]?.start ?? end));
}

function random(least: number, most: number): number {
  return least + Math.floor(Math.random() * (most - least + 1));
}
