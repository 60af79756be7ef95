/**
 * The texts that local patterns are applied to: the prompt as Kong's ai-prompt-guard reads it, and as the model reads it.
 *
 * Kong's plugin takes the texts of the user's messages (of every role with `match_all_roles`), newest first, with a
 * space after each; with `allow_all_conversation_history` only the last one. It refuses content in parts; here the parts of
 * a message are joined by spaces. `$` also matches before the last space: after it, it would never match.
 *
 * A model reads parts and messages one after the other, so a text that is cut in two could slip past a deny pattern.
 * Therefore deny patterns are also applied to the texts in the order of the body, joined with and without spaces; with
 * `allow_all_conversation_history` to all that the user said since the assistant's last answer. Patterns with anchors are
 * also applied to each text and to each message by itself.
 *
 * Each key of the body is a conversation of its own: text under one key does not allow text under another, nor end its last
 * turn. (A Cohere v1 request has two, so its `chat_history` has a last turn beside `message`.)
 */
import type { Path } from '../../body/json/edit.ts';
import { isSamePath, PathMap } from '../../body/json/path-map.ts';
import { textKey } from '../../body/text-key.ts';
import type { Config } from '../../config/schema.ts';
import { rawTexts } from '../../formats/embedded-text.ts';
import type { Segment, SegmentKind } from '../../formats/segment.ts';
import type { LinearPattern } from './linear-pattern.ts';

/** The texts that a pattern is applied to. It matches if it matches one of them. */
export interface View {
  /** For patterns without anchors: these texts contain all of the others. */
  plain: string[];
  /** For patterns with anchors. */
  anchored: string[];
}

export interface PromptViews {
  deny: View;
  /** One for each prompt in the body. Each of them has to be allowed. */
  allow: View[];
}

export type Scope = Pick<Config, 'allow_all_conversation_history' | 'match_all_roles'>;

export function promptViews(segments: readonly Segment[], scope: Scope): PromptViews {
  // A model does not read names and settings together with the words of a turn.
  const { turns = [], asides = [] } = Object.groupBy(segments, ({ isOutsideConversation, kind }) =>
    isOutsideConversation && kind === 'label' ? 'asides' : 'turns',
  );
  const conversations = conversationsOf(turns, scope);
  const prompts = conversations.filter(({ isPrompt }) => isPrompt);
  const read = (prompts.length > 0 ? prompts : conversations).map((one) => asKongReads(one, scope));
  return {
    deny: denyView(
      conversations,
      [...asides.flatMap(rawTexts), ...turns.flatMap(escapedTexts(scope))],
      scope,
    ),
    allow: (read.length > 0 ? read : [NO_TEXT]).map(({ text, end }) =>
      view([{ text: plainBlanks(text), end }], []),
    ),
  };
}

export function textsFor(pattern: LinearPattern, { plain, anchored }: View): string[] {
  return pattern.isAnchored ? anchored : plain;
}

interface Conversation {
  messages: Message[];
  /** A list of messages, not a prompt in one piece. */
  isOfTurns: boolean;
  /** It has words of the user. Documents and system prompts alone need not be allowed. */
  isPrompt: boolean;
  /** The assistant spoke last. */
  isAnswered: boolean;
}

interface Message {
  path: Path;
  texts: string[];
}

function conversationsOf(segments: readonly Segment[], scope: Scope): Conversation[] {
  const byPath = new PathMap<Conversation>();
  const conversations: Conversation[] = [];
  for (const segment of segments) {
    const path = segment.pieces[0]?.path ?? [];
    const entry = byPath.at(pathOfConversation(path));
    if (!entry.value) {
      entry.value = begin(isOfTurns(path));
      conversations.push(entry.value);
    }
    addTo(entry.value, segment, path, scope);
  }
  return conversations.filter(({ messages }) => messages.length > 0);
}

function begin(isOfTurns: boolean): Conversation {
  return { messages: [], isOfTurns, isPrompt: false, isAnswered: false };
}

function addTo(conversation: Conversation, segment: Segment, path: Path, scope: Scope): void {
  const { role, kind } = segment;
  const texts = rawTexts(segment);
  if (role === 'user' || scope.match_all_roles) {
    if (scope.allow_all_conversation_history && conversation.isAnswered) conversation.messages = [];
    const ofMessage = pathOfMessage(path);
    const last = conversation.messages.at(-1);
    if (last && isSamePath(last.path, ofMessage)) for (const text of texts) last.texts.push(text);
    else conversation.messages.push({ path: ofMessage, texts });
  }
  if (role === 'user' && !BESIDE_PROMPTS.has(kind)) conversation.isPrompt = true;
  conversation.isAnswered = role === 'assistant' || (conversation.isAnswered && role !== 'user');
}

/** What Kong's plugin does not see: texts with the escapes of JSON in them undone. */
function escapedTexts({ match_all_roles: allRoles }: Scope): (segment: Segment) => string[] {
  return ({ role, raw, text }) => (raw !== undefined && (allRoles || role === 'user') ? [text] : []);
}

const BESIDE_PROMPTS: ReadonlySet<SegmentKind> = new Set(['document', 'document_title', 'document_context']);

/** Lists whose items are turns; an item of any other list, such as `prompt` or a batch, is a prompt of its own. */
const CONVERSATIONS: ReadonlySet<unknown> = new Set(['messages', 'contents', 'input', 'chat_history']);

function isOfTurns(path: Path): boolean {
  return CONVERSATIONS.has(path[0]) && path.length > 2;
}

function pathOfConversation(path: Path): Path {
  return path.slice(0, isOfTurns(path) || !isIndex(path[1]) ? 1 : 2);
}

/** A message is the item of a list that contains all its parts. */
function pathOfMessage(path: Path): Path {
  return path.slice(0, path.findIndex(isIndex) + 1);
}

function isIndex(step: unknown): boolean {
  return typeof step === 'number';
}

interface ReadText {
  text: string;
  /** The space that Kong adds: the caller did not write it. */
  end: '' | ' ';
}

/** Patterns may match it, in Kong too. */
const NO_TEXT: ReadText = { text: '', end: '' };

function asKongReads(
  conversation: Conversation,
  { allow_all_conversation_history: lastOnly }: Scope,
): ReadText {
  const messages = conversation.messages.slice(lastOnly ? -1 : 0).map(({ texts }) => texts.join(' '));
  return { text: messages.reverse().join(' '), end: lastOnly || !conversation.isOfTurns ? '' : ' ' };
}

function denyView(conversations: Conversation[], asides: readonly string[], scope: Scope): View {
  const messages = conversations.flatMap((conversation) => conversation.messages);
  const texts = messages.flatMap((message) => message.texts);
  const joined = [
    ...(messages.length > 1 ? [texts.join(' ')] : []),
    ...(texts.length > 1 ? [texts.join('')] : []),
  ];
  const whole: ReadText[] = [
    ...conversations.map((one) => asKongReads(one, scope)),
    ...joined.map((text) => ({ text, end: '' }) as const),
  ];
  const alone = messages.flatMap((message) => [
    ...message.texts,
    message.texts.join(' '),
    message.texts.join(''),
  ]);
  const read = whole.length + asides.length > 0 ? whole : [NO_TEXT];
  const beside = asides.map((text) => ({ text, end: '' }) as const);
  return view([...read, ...beside].flatMap(bothWays), alone.flatMap(withPlainBlanks));
}

function bothWays({ text, end }: ReadText): ReadText[] {
  return withPlainBlanks(text).map((one) => ({ text: one, end }));
}

/** As it is too: a pattern may ask for a vertical tab. */
function withPlainBlanks(text: string): string[] {
  return text.includes('\v') ? [text, plainBlanks(text)] : [text];
}

/** PCRE's `\s` matches a vertical tab, re2js's does not. */
function plainBlanks(text: string): string {
  return text.replaceAll('\v', ' ');
}

function view(whole: ReadText[], alone: string[]): View {
  const plain = whole.map(({ text, end }) => text + end);
  const ends = [...whole.map(({ text }) => text), ...alone].flatMap(withoutLineEnd);
  return { plain: distinct(plain), anchored: distinct([...plain, ...ends]) };
}

function distinct(texts: readonly string[]): string[] {
  return [...new Map(texts.map((text) => [textKey(text), text])).values()];
}

/** PCRE's `$` matches before a line end that ends the text, re2js's does not. */
function withoutLineEnd(text: string): string[] {
  return text.endsWith('\n') ? [text, text.slice(0, -1)] : [text];
}
