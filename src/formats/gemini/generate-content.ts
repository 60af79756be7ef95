/**
 * Gemini and Vertex: generateContent and streamGenerateContent.
 *
 * | side | text | role, kind |
 * |---|---|---|
 * | request | `systemInstruction` | system |
 * | | `contents[].parts[]` (content.ts) | user; model → assistant, function → tool |
 * | | `tools[].functionDeclarations[]` | tool definitions |
 * | | descriptions in the schemas of `generationConfig` | system |
 * | | `toolConfig.functionCallingConfig.allowedFunctionNames[]` | system, label |
 * | | `cachedContent`, stores of documents, MCP servers and recorded voices stand for what is not here | opaque |
 * | answer | `candidates[].content.parts[]` | assistant |
 * | | `candidates[].groundingMetadata`, `citationMetadata` and their like (grounding.ts) | tool, citation |
 * | | `candidates[].finishMessage`, `promptFeedback.blockReasonMessage`, `modelStatus.message` | tool, citation |
 *
 * A stream is a list of answers, each with the next words: what they say is read as one. Without `alt=sse` it is a
 * JSON list.
 *
 * @see https://ai.google.dev/api/generate-content
 */
import type { Path } from '../../body/json/edit.ts';
import type { Collector } from '../collector.ts';
import type { BodyFormat } from '../format.ts';
import { type Field, itemsOf, type Placed } from '../placed.ts';
import { named, protoFields } from '../proto-json.ts';
import { isObject, wordOf } from '../segment.ts';
import { keysOf } from '../shape.ts';
import { partsOf, readContent, readOtherFields, readParts } from './content.ts';
import { claimTokens, derivedFrom, readGrounding, readNotes, SaidText } from './grounding.ts';
import { GENERATE_CONTENT_SHAPES } from './shapes.ts';
import { readTool, readToolConfig } from './tools.ts';

export const generateContent: BodyFormat = {
  name: 'gemini.generate-content',
  shapes: GENERATE_CONTENT_SHAPES,

  requestKeys: keysOf(GENERATE_CONTENT_SHAPES.request),

  readRequest(body, out) {
    if (!isPrompt(body)) return false;
    readPrompt(body, [], out);
    return true;
  },

  readResponse(body, out) {
    const answers = itemsOf(body, []);
    if (!answers.some(isAnswer)) return false;
    readAnswers(answers, out);
    return true;
  },

  readStream(events, out) {
    const answers = events.map(({ value }, number) => ({ value, path: [number] }));
    if (!answers.some((answer) => isAnswer(answer) || isFailure(answer))) return false;
    readAnswers(answers, out);
    return true;
  },
};

/** @param answers one, or all events of a stream: each is an answer with the next words in it */
function readAnswers(answers: Placed[], out: Collector): void {
  for (const [choice, candidate] of candidatesOf(answers).entries()) {
    const before = out.extraction.segments.length;
    readCandidate(candidate, out);
    for (const segment of out.extraction.segments.slice(before)) segment.choice = choice;
  }
  for (const answer of answers) readFeedback(answer, out);
}

export function isPrompt(value: unknown): boolean {
  return isObject(value) && value.contents !== undefined && value.contents !== null;
}

/** The body of generateContent, which countTokens can hold as well. */
export function readPrompt(value: unknown, path: Path, out: Collector): void {
  const fields = protoFields(value, path);
  for (const field of named(fields, 'systemInstruction')) {
    for (const item of itemsOf(field.value, field.path)) readContent(item.value, item.path, out, 'system');
  }
  for (const field of named(fields, 'contents')) {
    for (const item of itemsOf(field.value, field.path)) readContent(item.value, item.path, out);
  }
  for (const field of named(fields, 'tools')) {
    for (const item of itemsOf(field.value, field.path)) readTool(item, out);
  }
  for (const field of named(fields, 'generationConfig')) {
    out.descriptions(field.value, field.path);
    readVoices(named(protoFields(field.value, field.path), 'speechConfig'), out);
  }
  for (const field of named(fields, 'toolConfig')) readToolConfig(field, out);
  for (const field of named(fields, 'cachedContent')) if (field.value) out.reference(field.path);
  for (const field of named(fields, 'model')) readModel(field.value, out);
}

/** Recordings of the voices that the model is to speak with, wherever a setting has them. */
function readVoices(settings: Field[], out: Collector): void {
  for (const { name, value, path } of settings) {
    if (RECORDINGS.has(name)) out.base64('user', 'document', value, undefined, path);
    for (const item of itemsOf(value, path)) readVoices(protoFields(item.value, item.path), out);
  }
}

const RECORDINGS = new Set(['voiceSampleAudio', 'consentAudio']);

/** Elsewhere the model stands in the path; the body calls it `models/gemini-…`. */
export function readModel(model: unknown, out: Collector): void {
  if (typeof model === 'string') out.model(model.slice(model.lastIndexOf('/') + 1));
}

/** A last event of a stream can consist of its usage. */
function isAnswer({ value, path }: Placed): boolean {
  const fields = protoFields(value, path);
  return fields.some(
    ({ name, value: item }) =>
      (name === 'candidates' || name === 'promptFeedback' || name === 'usageMetadata') &&
      typeof item === 'object',
  );
}

/** An error as all of Google's APIs have it; a stream can consist of one. */
function isFailure({ value }: Placed): boolean {
  const error = isObject(value) ? value.error : undefined;
  return isObject(error) && typeof error.code === 'number' && typeof error.status === 'string';
}

/** One candidate, in all the pieces in which a stream delivers it. */
type Candidate = Placed[];

function candidatesOf(answers: Placed[]): Candidate[] {
  const byIndex = new Map<number, Candidate>();
  for (const answer of answers) {
    const lists = named(protoFields(answer.value, answer.path), 'candidates');
    for (const [position, piece] of lists.flatMap((field) => itemsOf(field.value, field.path)).entries()) {
      const index =
        isObject(piece.value) && typeof piece.value.index === 'number' ? piece.value.index : position;
      const candidate = byIndex.get(index);
      if (candidate) candidate.push(piece);
      else byIndex.set(index, [piece]);
    }
  }
  return [...byIndex.values()];
}

function readCandidate(candidate: Candidate, out: Collector): void {
  const pieces = candidate.map(({ value, path }) => protoFields(value, path));
  const contents = pieces.flatMap((fields) => named(fields, 'content'));
  const parts = contents.flatMap((field) => partsOf(field.value, field.path));
  out.deriving(pieces.flatMap(derivedFrom), () => {
    readParts(parts, 'assistant', out, true);
    for (const { value, path } of contents) {
      if (isObject(value)) readOtherFields(value, path, 'assistant', out);
      else out.leaves('assistant', 'text', value, path);
    }
    for (const { value, path } of candidate)
      if (!isObject(value)) out.leaves('assistant', 'text', value, path);
  });
  const text = parts.map(({ value }) => (isObject(value) ? wordOf(value.text) : '')).join('');
  claimTokens(pieces, text, out);
  const said = new SaidText(text);
  for (const field of pieces.flat()) readCandidateField(field, said, out);
}

function readCandidateField(field: Field, said: SaidText, out: Collector): void {
  const { name, value, path } = field;
  if (name === 'groundingMetadata') readGrounding(field, said, out);
  else if (NOTES.has(name)) readNotes(value, path, out);
  else if (!CANDIDATE_FIELDS.has(name)) out.leaves('assistant', 'text', value, path);
}

const NOTES = new Set(['citationMetadata', 'urlContextMetadata', 'groundingAttributions', 'finishMessage']);

/** Read above, derived, or without text. */
const CANDIDATE_FIELDS = new Set([
  ...['content', 'index', 'finishReason', 'safetyRatings', 'tokenCount', 'avgLogprobs', 'logprobsResult'],
  'continuationToken',
]);

/** Why the prompt was refused, and what else stands beside the candidates. */
function readFeedback({ value, path }: Placed, out: Collector): void {
  if (!isObject(value)) out.leaves('assistant', 'text', value, path);
  for (const field of protoFields(value, path)) {
    if (field.name === 'modelVersion') out.model(field.value);
    else if (field.name === 'promptFeedback' || field.name === 'modelStatus') {
      if (!isObject(field.value)) readNotes(field.value, field.path, out);
      for (const inner of protoFields(field.value, field.path)) {
        if (!FEEDBACK_LABELS.has(inner.name)) readNotes(inner.value, inner.path, out);
      }
    } else if (field.name === 'error') readFailure(field, out);
    else if (!ANSWER_FIELDS.has(field.name)) readNotes(field.value, field.path, out);
  }
}

/** A stream can end in an error. */
function readFailure({ value, path }: Field, out: Collector): void {
  out.otherKeys('tool', 'text', value, FAILURE_LABELS, path);
}

const FAILURE_LABELS = new Set(['status']);

const FEEDBACK_LABELS = new Set(['blockReason', 'safetyRatings', 'modelStage', 'retirementTime']);

const ANSWER_FIELDS = new Set(['candidates', 'usageMetadata', 'responseId', 'createTime']);
