/** What users of gateways and coding agents have reported, each as a small body or stream: the files of test/reports. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { PROVIDERS } from '../src/config/api-uri.ts';

const FOLDER = join(import.meta.dirname, 'reports');

export const VARIANTS = ['redact', 'benign', 'block'] as const;
export type Variant = (typeof VARIANTS)[number];

/** What a variant has to become. */
const expectation = z.enum(['redacted', 'not leaked', 'identical', 'blocked', 'refused', 'no empty events']);

const reportCase = z.object({
  id: z.string(),
  provider: z.enum(PROVIDERS),
  apiUri: z.string(),
  path: z.string(),
  direction: z.enum(['request', 'response']),
  situation: z.string(),
  files: z.partialRecord(z.enum(VARIANTS), z.string()),
  planted: z.partialRecord(z.enum(VARIANTS), z.string()),
  /** What AIDR puts in the place of what is planted. */
  replacement: z.string(),
  /** The request as it must arrive, where it is redacted. */
  expected: z.string().optional(),
  expect: z.partialRecord(z.enum(VARIANTS), expectation),
  /** How answers are delivered; `slow` is live, with pauses that ask for a sign of life. */
  modes: z.array(z.enum(['buffered', 'live', 'slow'])).optional(),
  /** The prompt that is answered. */
  prompt: z.unknown().optional(),
  contentType: z.string().nullish(),
  /** Between two events of the answer. */
  delayMs: z.number().optional(),
});

export type ReportCase = z.infer<typeof reportCase>;
export type Mode = 'buffered' | 'live' | 'slow';

export interface ReportTest {
  report: ReportCase;
  variant: Variant;
  mode: Mode;
  planted: string;
  expected: z.infer<typeof expectation>;
  bytes: Buffer;
}

export const REPORTS: ReportCase[] = readdirSync(FOLDER)
  .filter((file) => file.endsWith('.case.json'))
  .sort()
  .map((file) => reportCase.parse(JSON.parse(readFile(file).toString())));

/** Each variant of each case, in each way in which answers are delivered. */
export const REPORT_TESTS: ReportTest[] = REPORTS.flatMap((report) =>
  VARIANTS.flatMap((variant) => {
    const file = report.files[variant];
    const planted = report.planted[variant];
    const expected = report.expect[variant];
    if (file === undefined || planted === undefined || expected === undefined) return [];
    const bytes = readFile(file);
    const modes = report.modes ?? (report.direction === 'request' ? ['buffered'] : ['buffered', 'live']);
    return modes.map((mode): ReportTest => ({ report, variant, mode, planted, expected, bytes }));
  }),
);

export function readFile(name: string): Buffer {
  return readFileSync(join(FOLDER, name));
}

/** @returns what a server would write at once: one event, or all of it where it is no event stream */
export function chunksOf(bytes: Buffer, contentType: string | null | undefined): (string | Buffer)[] {
  return contentType === 'text/event-stream' ? bytes.toString().split(/(?<=\n\r?\n)/) : [bytes];
}
