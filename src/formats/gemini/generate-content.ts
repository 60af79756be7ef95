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
import { isObject, wordOf } from '../segment.ts';
import { keysOf } from '../shape.ts';
import { partsOf, readContent, readOtherFields, readParts } from './content.ts';
import { claimTokens, derivedFrom, readGrounding, readNotes, SaidText } from './grounding.ts';
import { GENERATE_CONTENT_SHAPES } from './shapes.ts';
import { geminiFields, named } from './spelling.ts';
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
    const answers = events.map(({ value }, number) => ({ value, place: [number] }));
    if (!answers.some((answer) => isAnswer(answer) || isFailure(answer))) return false;
    readAnswers(answers, out);
    return true;
  },
};

/** @param answers one, or all events of a stream: each is an answer with the next words in it */
function readAnswers(answers: Placed[], out: Collector): void {
  for (const [choice, candidate] of candidatesOf(answers).entries()) {
    const before = out.found.segments.length;
    readCandidate(candidate, out);
    for (const segment of out.found.segments.slice(before)) segment.choice = choice;
  }
  for (const answer of answers) readFeedback(answer, out);
}

export function isPrompt(value: unknown): boolean {
  return isObject(value) && value.contents !== undefined && value.contents !== null;
}

/** The body of generateContent, which countTokens can hold as well. */
export function readPrompt(value: unknown, place: Path, out: Collector): void {
  const fields = geminiFields(value, place);
  for (const field of named(fields, 'systemInstruction')) {
    for (const item of itemsOf(field.value, field.place)) readContent(item.value, item.place, out, 'system');
  }
  for (const field of named(fields, 'contents')) {
    for (const item of itemsOf(field.value, field.place)) readContent(item.value, item.place, out);
  }
  for (const field of named(fields, 'tools')) {
    for (const item of itemsOf(field.value, field.place)) readTool(item, out);
  }
  for (const field of named(fields, 'generationConfig')) {
    out.descriptions(field.value, field.place);
    readVoices(named(geminiFields(field.value, field.place), 'speechConfig'), out);
  }
  for (const field of named(fields, 'toolConfig')) readToolConfig(field, out);
  for (const field of named(fields, 'cachedContent')) if (field.value) out.opaque();
  for (const field of named(fields, 'model')) readModel(field.value, out);
}

/** Recordings of the voices that the model is to speak with, wherever a setting has them. */
function readVoices(settings: Field[], out: Collector): void {
  for (const { name, value, place } of settings) {
    if (RECORDINGS.has(name)) out.base64('user', 'document', value, undefined, place);
    for (const item of itemsOf(value, place)) readVoices(geminiFields(item.value, item.place), out);
  }
}

const RECORDINGS = new Set(['voiceSampleAudio', 'consentAudio']);

/** Elsewhere the model stands in the path; the body calls it `models/gemini-…`. */
export function readModel(model: unknown, out: Collector): void {
  if (typeof model === 'string') out.model(model.slice(model.lastIndexOf('/') + 1));
}

/** A last event of a stream can consist of its usage. */
function isAnswer({ value, place }: Placed): boolean {
  const fields = geminiFields(value, place);
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
    const lists = named(geminiFields(answer.value, answer.place), 'candidates');
    for (const [position, piece] of lists.flatMap((field) => itemsOf(field.value, field.place)).entries()) {
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
  const pieces = candidate.map(({ value, place }) => geminiFields(value, place));
  const contents = pieces.flatMap((fields) => named(fields, 'content'));
  const parts = contents.flatMap((field) => partsOf(field.value, field.place));
  out.deriving(pieces.flatMap(derivedFrom), () => {
    readParts(parts, 'assistant', out, true);
    for (const { value, place } of contents) {
      if (isObject(value)) readOtherFields(value, place, 'assistant', out);
      else out.leaves('assistant', 'text', value, place);
    }
    for (const { value, place } of candidate)
      if (!isObject(value)) out.leaves('assistant', 'text', value, place);
  });
  const text = parts.map(({ value }) => (isObject(value) ? wordOf(value.text) : '')).join('');
  claimTokens(pieces, text, out);
  const said = new SaidText(text);
  for (const field of pieces.flat()) readCandidateField(field, said, out);
}

function readCandidateField(field: Field, said: SaidText, out: Collector): void {
  const { name, value, place } = field;
  if (name === 'groundingMetadata') readGrounding(field, said, out);
  else if (NOTES.has(name)) readNotes(value, place, out);
  else if (!CANDIDATE_FIELDS.has(name)) out.leaves('assistant', 'text', value, place);
}

const NOTES = new Set(['citationMetadata', 'urlContextMetadata', 'groundingAttributions', 'finishMessage']);

/** Read above, derived, or without text. */
const CANDIDATE_FIELDS = new Set([
  ...['content', 'index', 'finishReason', 'safetyRatings', 'tokenCount', 'avgLogprobs', 'logprobsResult'],
  'continuationToken',
]);

/** Why the prompt was refused, and what else stands beside the candidates. */
function readFeedback({ value, place }: Placed, out: Collector): void {
  if (!isObject(value)) out.leaves('assistant', 'text', value, place);
  for (const field of geminiFields(value, place)) {
    if (field.name === 'modelVersion') out.model(field.value);
    else if (field.name === 'promptFeedback' || field.name === 'modelStatus') {
      if (!isObject(field.value)) readNotes(field.value, field.place, out);
      for (const inner of geminiFields(field.value, field.place)) {
        if (!FEEDBACK_LABELS.has(inner.name)) readNotes(inner.value, inner.place, out);
      }
    } else if (field.name === 'error') readFailure(field, out);
    else if (!ANSWER_FIELDS.has(field.name)) readNotes(field.value, field.place, out);
  }
}

/** A stream can end in an error. */
function readFailure({ value, place }: Field, out: Collector): void {
  out.otherKeys('tool', 'text', value, FAILURE_LABELS, place);
}

const FAILURE_LABELS = new Set(['status']);

const FEEDBACK_LABELS = new Set(['blockReason', 'safetyRatings', 'modelStage', 'retirementTime']);

const ANSWER_FIELDS = new Set(['candidates', 'usageMetadata', 'responseId', 'createTime']);
