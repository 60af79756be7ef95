/** `aidr-kong inspect`: one body through the plugins' own pipeline, and what it found on the way. */
import { createReadStream } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { MAX_BODY_BYTES } from '../../config/schema.ts';
import type { Extraction } from '../../formats/segment.ts';
import { withTraces } from '../../formats/trace.ts';
import { createHistory } from '../../inspection/history/history.ts';
import type { Inspection } from '../../inspection/inspector.ts';
import { isRefusal } from '../../inspection/policy/decision.ts';
import { refusalReply } from '../../inspection/refusal/refusal-reply.ts';
import { dryAnswer, dryPrompt, headersFrom } from '../dry-run/directions.ts';
import { readDryRun } from '../dry-run/options.ts';
import { type PairOptions, type PluginPair, pluginPair } from '../dry-run/plugin-pair.ts';
import { PolicyError } from '../dry-run/policy-error.ts';
import type { RecordedCall } from '../dry-run/recording-aidr.ts';
import { type Explanation, explanationOf } from './explanation.ts';
import { jsonExplanation } from './json-explanation.ts';
import type { InspectOptions } from './options.ts';
import { textExplanation } from './text-explanation.ts';

interface Surroundings {
  env: Readonly<Record<string, string | undefined>>;
  stdin: Readable;
}

/**
 * @returns what goes to stdout, and whether the body is refused
 * @throws PolicyError where there is nothing to inspect it by
 */
export async function runInspect(
  options: InspectOptions,
  { env, stdin }: Surroundings,
): Promise<{ output: string; isRefused: boolean }> {
  const rules = await readDryRun(options, env);
  const explanation = await explain(options, await readBody(options.file, stdin), rules);
  const { after } = explanation;
  if (options.output !== undefined && after) await writeFile(options.output, after);
  const output =
    options.form === 'json' ? jsonExplanation(explanation) : textExplanation(explanation, options);
  return { output, isRefused: explanation.refusal !== undefined };
}

/** @param rules what stands in AIDR's place, or where AIDR is */
export async function explain(
  options: Omit<InspectOptions, 'file' | 'form'>,
  body: Uint8Array,
  rules: Pick<PairOptions, 'policy' | 'against'>,
): Promise<Explanation> {
  const calls: RecordedCall[] = [];
  let found: Extraction | undefined;
  const pair = pluginPair({
    ...{ provider: options.provider, endpoint: options.endpoint },
    ...rules,
    history: createHistory(),
    onCall: (call) => calls.push(call),
    onRead: (extraction) => {
      found ??= extraction;
    },
  });
  const inspection = await withTraces(() => inspectWith(pair, options, body));
  return explanationOf({
    ...{ direction: options.direction, inspection, calls, found },
    reply: replyTo(pair, options, inspection),
  });
}

function inspectWith(
  pair: PluginPair,
  { direction, path, status, contentType, contentEncoding }: Omit<InspectOptions, 'file' | 'form'>,
  body: Uint8Array,
): Promise<Inspection> {
  const coded = contentEncoding === undefined ? {} : { 'content-encoding': contentEncoding };
  const typed = contentType === undefined ? {} : { 'content-type': contentType };
  const headers = new Map(Object.entries({ 'content-length': '1', ...coded, ...typed }));
  const request = {
    path,
    headers: headersFrom(headers),
    caller: {},
  };
  if (direction === 'request') return dryPrompt(pair, { ...request, body });
  const asked = { encryptions: [], asksForStream: false };
  const answer = { status, contentType, encoding: contentEncoding, body };
  return dryAnswer(pair, { ...request, body: new Uint8Array() }, asked, answer);
}

function replyTo(
  pair: PluginPair,
  { direction, path }: Pick<InspectOptions, 'direction' | 'path'>,
  inspection: Inspection,
) {
  const { decision, stats } = inspection;
  if (!isRefusal(decision)) return undefined;
  const { formats, model } = stats;
  return refusalReply(pair[direction], decision.rejection, { path, formats, model });
}

async function readBody(file: string, stdin: Readable): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of file === '-' ? stdin : createReadStream(file)) {
      chunks.push(chunk);
      length += chunk.length;
      if (length > MAX_BODY_BYTES) throw new PolicyError(`the body is larger than ${MAX_BODY_BYTES} bytes`);
    }
  } catch (error) {
    if (error instanceof PolicyError) throw error;
    throw new PolicyError(`the body cannot be read: ${file}`);
  }
  return Buffer.concat(chunks);
}
