/**
 * Agents, flows and knowledge bases of Bedrock, which answer in streams.
 *
 * | event | text | kind |
 * |---|---|---|
 * | `chunk` of an agent | `bytes`: a piece of the answer in base64; `attribution` leaf by leaf | text |
 * | `output`, `responseEvent` of a knowledge base | `text`: a piece of the answer | text |
 * | `files` | what a file holds, by its bytes | document |
 * | any other: traces, citations, outputs of a flow, tools to call | every leaf | text of the tool |
 *
 * @see https://docs.aws.amazon.com/bedrock/latest/APIReference/API_agent-runtime_InvokeAgent.html
 */
import type { Path } from '../../body/json/edit.ts';
import type { StreamEvent } from '../../body/stream/document.ts';
import type { Collector } from '../collector.ts';
import { DeltaTexts } from '../delta-texts.ts';
import { readFile } from '../file-content.ts';
import { itemsOf } from '../placed.ts';
import { resourceFormat } from '../resource.ts';
import { isObject, type JsonObject } from '../segment.ts';
import { RESOURCE_SHAPES } from './resource-shapes.ts';

export const agents = resourceFormat({
  name: 'bedrock.agents',
  shapes: RESOURCE_SHAPES,
  readStream,
});

const EVENT =
  /^(?:chunk|trace|returnControl|files|output|citation|guardrail|result|(?:response|trace|analyzePrompt|optimizedPrompt)Event|flow\w+|\w+Exception)$/;

function readStream(events: readonly StreamEvent[], out: Collector): boolean {
  const texts = new DeltaTexts();
  let isKnown = false;
  for (const [number, { name = '', value }] of events.entries()) {
    isKnown ||= EVENT.test(name);
    if (!isObject(value)) continue;
    if (name === 'chunk') readChunk(value, [number], texts);
    if (name === 'responseEvent') texts.add('response', 'assistant', 'text', value.text, [number, 'text']);
    if (name === 'output') texts.add('output', 'assistant', 'text', value.text, [number, 'text']);
    if (name === 'files') readFiles(value, [number], out);
  }
  if (isKnown) texts.read(out);
  return isKnown;
}

/** A chunk whose piece is a JSON object comes as that object: it is read leaf by leaf. */
function readChunk({ bytes }: JsonObject, path: Path, texts: DeltaTexts): void {
  if (typeof bytes !== 'string') return;
  const piece = readFile(bytes, 'text/plain');
  const at = [...path, 'bytes'];
  if (piece.kind === 'text')
    texts.addPiece('chunk', 'assistant', 'text', { text: piece.text, path: at, base64After: '' });
  else texts.note((out) => out.unreadable('not_readable', at));
}

function readFiles({ files }: JsonObject, path: Path, out: Collector): void {
  for (const { value: file, path: at } of itemsOf(files, [...path, 'files'])) {
    if (isObject(file)) out.base64('tool', 'document', file.bytes, file.type, [...at, 'bytes']);
  }
}
