/**
 * Gathers what body formats find. Several formats may read one body: a place that was read once is not read again.
 *
 * Empty strings are nothing to inspect; `null` and missing values are nothing at all.
 */
import { MAX_VALUES, type ValueBudget } from '../body/json/check.ts';
import { sizeInText } from '../body/json/document.ts';
import type { Path } from '../body/json/edit.ts';
import { PathMap } from '../body/json/path-map.ts';
import { Accountant } from './account.ts';
import { type DataUrl, isBareBase64, isBase64, readDataUrl, readNothingButUrl } from './data-url.ts';
import { readAsReader } from './embedded-text.ts';
import { readFile } from './file-content.ts';
import { isSealed, isSealedUrl } from './sealed.ts';
import {
  type Definition,
  type Derived,
  type DerivedGroup,
  type Extraction,
  isObject,
  type Piece,
  type Role,
  type Segment,
  type SegmentKind,
  type ToolCall,
  type ToolDefinition,
} from './segment.ts';
import type { Shape } from './shape.ts';
import { newTrace, type TraceReason } from './trace.ts';

/** More texts than any conversation has; each costs memory here and a message at AIDR. What is beyond them is one text. */
const MAX_SEGMENTS = 10_000;

/** More strings in one value of a free shape are a table, or the like: one text, of a line for each of them. */
const MAX_APART = 100;

export class Collector {
  readonly extraction: Extraction = { segments: [], tools: [], opaque: 0, unreadable: 0, isTooMuch: false };
  /** What strings of JSON may still hold. */
  readonly left: ValueBudget;
  readonly #read = new PathMap<true>();
  readonly #accountant: Accountant;
  #derived: readonly DerivedGroup[] = [];
  #call: ToolCall | undefined;
  #definition: Definition | undefined;
  #lines = 0;

  /** @param left what the body itself has left of its limits; less by whatever is read in strings */
  constructor(left: ValueBudget = { left: MAX_VALUES }) {
    this.left = left;
    const trace = newTrace();
    if (trace) this.extraction.trace = trace;
    this.#accountant = new Accountant(trace);
  }

  /** A text, or, where a string is due and something else stands, every string in it. */
  text(role: Role, kind: SegmentKind, value: unknown, path: Path): Segment | undefined {
    if (typeof value === 'string') {
      this.#noteInput(kind, value, path);
      return this.#addWhole(role, kind, { text: value, path });
    }
    this.leaves(role, kind, value, path);
    return undefined;
  }

  /** Texts that the reader sees as one: inspected together, written back piece by piece. */
  joined(role: Role, kind: SegmentKind, pieces: Piece[]): Segment | undefined {
    return this.#add(role, kind, pieces);
  }

  /**
   * The parts of a message: inspected together, because models read on from one to the next. A caller's are divided:
   * a number at the start of one must not grow together with the word before it.
   */
  parts(role: Role, kind: SegmentKind, pieces: Piece[]): Segment | undefined {
    return this.#add(role, kind, pieces, role === 'assistant' ? undefined : '\n');
  }

  /**
   * Whatever of a body nobody has claimed and no shape excuses is text as well: its strings are one text, of a line for each,
   * and so are its keys and its large numbers. What stands under a key at the top that no API defines may be somebody's prompt:
   * a text of its own.
   *
   * What was accounted for must be as much as the text of the body holds, counted when it was checked: a leaf that nobody has
   * looked at is a mistake of ours, and the body is refused.
   *
   * @param path of the value in the body: that of an event, in a stream
   * @param size of its text; undefined where nobody counted it
   */
  account(
    role: Role,
    value: unknown,
    shape: Shape | undefined,
    path: Path,
    size: number | undefined = sizeInText(value),
  ): void {
    const rest = this.#accountant.account(value, shape, this.#read.nodeOf(path), path);
    const { texts, fixed, keys } = rest;
    if ((size ?? rest.size) !== rest.size) this.extraction.isUnaccounted = true;
    if (texts.length > 0) this.#addTexts(role, texts, shape);
    if (fixed.length > 0) this.#addRest(role, 'label', fixed, 'id');
    if (keys.length > 0) this.#addKeys(role, keys, path);
  }

  #addKeys(role: Role, keys: readonly string[], path: Path): void {
    if (this.extraction.isTooMuch) return;
    const text = keys.join('\n');
    const pieces = [{ path, inner: ['(key)'], text }];
    this.extraction.segments.push({
      ...unwritable(role, 'label', text, pieces, 'key'),
      isOutsideConversation: true,
    });
  }

  #addTexts(role: Role, texts: readonly Piece[], shape: Shape | undefined): void {
    const isDefined = (key: unknown) =>
      role !== 'user' || (typeof key === 'string' && shape?.keys?.().has(key));
    const byKey = Map.groupBy(texts, (piece) => (isDefined(piece.path[0]) ? DEFINED : piece.path[0]));
    for (const [key, pieces] of byKey) this.#addRest(role, key === DEFINED ? 'label' : 'text', pieces);
  }

  #addRest(role: Role, kind: SegmentKind, pieces: Piece[], immutableBecause?: 'id'): void {
    const text = pieces.length === 1 ? (pieces[0]?.text ?? '') : pieces.map((piece) => piece.text).join('\n');
    const segment: Segment = {
      role,
      kind,
      text,
      pieces,
      copies: [],
      derived: [],
      isWhole: true,
      isOutsideConversation: true,
    };
    if (pieces.length > 1) segment.separator = '\n';
    if (immutableBecause) segment.immutableBecause = immutableBecause;
    this.#readAsReader(segment);
    this.extraction.segments.push(segment);
  }

  /** What stands at a path, or below it, needs no further account. */
  claim(path: Path): void {
    this.#read.at(path).value = true;
  }

  /** A name: under another one the client would find nothing. */
  identifier(role: Role, value: unknown, path: Path): void {
    const segment = this.text(role, 'label', value, path);
    if (segment) segment.immutableBecause = 'label';
    if (typeof value === 'string') this.#call?.names.push(value);
  }

  /**
   * Whatever is collected by `read` is one call of a tool: its labels name the tool.
   *
   * @param type names the tool where nothing else does
   */
  call(read: () => void, type?: unknown): void {
    const outer = this.#call;
    const call: ToolCall = { names: [] };
    this.#call = call;
    read();
    this.#call = outer;
    // No tool is called by an empty name, so that none has the name of a type.
    if (call.names.length === 0 && typeof type === 'string') call.names.push('', type);
  }

  #noteInput(kind: SegmentKind, value: unknown, path: Path): void {
    if (!this.#call || kind !== 'tool_arguments') return;
    this.#call.inputs ??= [];
    this.#call.inputs.push({ value, path });
  }

  /** What an event of a stream has beside its JSON. */
  frameMetadata(text: string, event: number): void {
    this.#unwritable('tool', 'text', text, [{ path: [event], text }], 'frame');
  }

  /** What other values of the same keys hide from whoever takes the last ones. */
  hidden(text: string): void {
    this.#unwritable('tool', 'text', text, [{ path: [], inner: [HIDDEN], text }], 'hidden');
  }

  /** No string of the JSON is this text. */
  #unwritable(
    role: Role,
    kind: SegmentKind,
    text: string,
    pieces: Piece[],
    immutableBecause: NonNullable<Segment['immutableBecause']>,
  ): void {
    if (text === '') return;
    if (this.extraction.segments.length >= MAX_SEGMENTS) this.extraction.isTooMuch = true;
    if (this.extraction.isTooMuch) return;
    const segment = unwritable(role, kind, text, pieces, immutableBecause);
    if (this.#call && kind === 'tool_arguments') segment.call = this.#call;
    this.extraction.segments.push(segment);
  }

  /** Every string inside a value whose shape is free or unknown; media among them are opaque. */
  leaves(role: Role, kind: SegmentKind, value: unknown, path: Path): void {
    if (typeof value !== 'string' && (typeof value !== 'object' || value === null)) return;
    this.#noteInput(kind, value, path);
    const pieces: Piece[] = [];
    this.#walk(role, kind, value, [...path], pieces);
    this.#addLeaves(role, kind, pieces);
  }

  /** @param path changed on the way and back again: a copy for each of a million numbers would be felt */
  #walk(role: Role, kind: SegmentKind, value: unknown, path: (string | number)[], pieces: Piece[]): void {
    if (this.extraction.isTooMuch) return;
    if (typeof value === 'string') {
      const url = readNothingButUrl(value);
      if (url) {
        this.#addLeaves(role, kind, pieces.splice(0));
        this.#dataUrl(role, kind, value, url, [...path]);
      } else pieces.push({ text: value, path: [...path] });
      return;
    }
    forEachMember(value, (key, item) => {
      if (typeof item !== 'string' && typeof item !== 'object') return;
      path.push(key);
      this.#walk(role, kind, item, path, pieces);
      path.pop();
    });
  }

  /** Few are texts of their own; many together are one text, whose lines they are. */
  #addLeaves(role: Role, kind: SegmentKind, pieces: Piece[]): void {
    if (!this.findsWholeTexts || pieces.length <= MAX_APART) {
      for (const piece of pieces) this.#addWhole(role, kind, piece);
      return;
    }
    this.#lines += pieces.length;
    if (this.#lines > MAX_VALUES) this.extraction.isTooMuch = true;
    const segment = this.#add(role, kind, pieces, '\n');
    if (segment) segment.isWhole = true;
  }

  /** What is found is no piece of a longer text. */
  protected get findsWholeTexts(): boolean {
    return true;
  }

  /** Every string under the keys that a reader does not know; of what is no object, every string. */
  otherKeys(role: Role, kind: SegmentKind, value: unknown, known: ReadonlySet<string>, path: Path): void {
    if (!isObject(value)) {
      this.leaves(role, kind, value, path);
      return;
    }
    for (const key in value) if (!known.has(key)) this.leaves(role, kind, value[key], [...path, key]);
  }

  /** Settings of an unknown shape: names, enums and numbers, among which instructions can be. */
  sentences(role: Role, value: unknown, path: Path): void {
    if (typeof value === 'string' && SENTENCE.test(value)) this.text(role, 'text', value, path);
    forEachMember(value, (key, item) => {
      if (typeof item === 'string' || typeof item === 'object') this.sentences(role, item, [...path, key]);
    });
  }

  /** Whatever is collected by `read` is the prose of one definition. */
  #defining(path: Path, read: () => void): void {
    const outer = this.#definition;
    this.#definition = { path };
    read();
    this.#definition = outer;
  }

  /** A JSON schema's prose: descriptions, titles, sentences among its literals; types and names are not text. */
  descriptions(value: unknown, path: Path): void {
    this.#defining(path, () => this.#descriptions(value, path, false));
  }

  /** @param isLiteral the sentences in it are read already: schemas nest, and each level would read all below it again */
  #descriptions(value: unknown, path: Path, isLiteral: boolean): void {
    forEachMember(value, (key, item) => {
      if (typeof item !== 'string' && typeof item !== 'object') return;
      const at = [...path, key];
      const isProse = key === 'description' || key === 'title';
      // An object is a property of such a name.
      if (isProse && (typeof item === 'string' || Array.isArray(item))) this.text('system', 'text', item, at);
      else {
        const beginsLiteral = !isLiteral && typeof key === 'string' && LITERALS.has(key);
        if (beginsLiteral) this.sentences('system', item, at);
        this.#descriptions(item, at, isLiteral || beginsLiteral);
      }
    });
  }

  /**
   * A file in base64: a text is decoded and read; media are opaque, and what is no text though it should be cannot be read.
   *
   * @param mediaType what is said of it, if anything: the bytes decide (file-content.ts)
   * @param prefix what stands before the base64 in the same string, such as `data:text/plain;base64,`
   */
  base64(role: Role, kind: SegmentKind, value: unknown, mediaType: unknown, path: Path, prefix = ''): void {
    if (typeof value !== 'string') {
      this.opaque('media', undefined, path);
      this.leaves(role, kind, value, path);
      return;
    }
    const base64 = value.slice(prefix.length);
    const file = readFile(base64, mediaType);
    if (file.kind === 'text') this.#addWhole(role, kind, { text: file.text, path, base64After: prefix });
    else if (file.kind === 'media') this.opaque('media', value, path);
    else {
      this.unreadable('not_readable', path);
      // Whoever reads the string as it stands sees what decoders skip.
      if (!isBase64(base64)) this.#addWhole(role, kind, { text: value, path });
    }
  }

  /**
   * A `data:` URL of a text is read, as it stands and decoded where it is percent-encoded; so is bare base64 of a text.
   * Other URLs are opaque.
   */
  url(role: Role, kind: SegmentKind, value: unknown, path: Path): void {
    const url = typeof value === 'string' ? readDataUrl(value) : undefined;
    if (typeof value === 'string' && url) this.#dataUrl(role, kind, value, url, path);
    else if (typeof value === 'string' && !isBareBase64(value)) this.opaque('reference', value, path);
    else this.base64(role, kind, value, undefined, path);
  }

  #dataUrl(role: Role, kind: SegmentKind, value: string, url: DataUrl, path: Path): void {
    if (url.kind === 'base64') this.base64(role, kind, value, url.mediaType, path, url.prefix);
    else if (url.kind === 'unreadable') this.unreadable('not_readable', path);
    else {
      this.#addWhole(role, kind, { text: value, path });
      const { decoded } = url;
      const piece: Piece = { path, inner: [DECODED], text: decoded };
      if (decoded !== value && this.isNew(path, piece.inner))
        this.#unwritable(role, kind, decoded, [piece], 'escapes');
    }
  }

  /** All of it goes to AIDR as it is. */
  tool(tool: ToolDefinition): void {
    if (!this.isNew(tool.places.description)) return;
    // AIDR is sent no name that is not a string.
    if (tool.name !== '') this.claim(tool.places.name);
    this.claim(tool.places.parameters);
    this.extraction.tools.push(tool);
  }

  /**
   * Whatever is collected by `read` is repeated in parts elsewhere, such as log probabilities of its tokens: when one
   * of the texts is changed, those places are emptied.
   */
  deriving(derived: readonly Derived[], read: () => void): void {
    const outer = this.#derived;
    if (derived.length > 0) this.#derived = [...outer, derived];
    read();
    this.#derived = outer;
  }

  /**
   * Media, what is encrypted, or a reference to what stands elsewhere.
   *
   * @param value the string that is one, if one is; only what is long enough for media needs no further account
   */
  opaque(why: TraceReason, value?: unknown, path?: Path): void {
    this.extraction.opaque++;
    this.extraction.trace?.opaque.push({ ...(path ? { path } : {}), why });
    if (path && typeof value === 'string' && (isSealed(value) || isSealedUrl(value))) this.claim(path);
  }

  /** What the model reads elsewhere: a file, a store, earlier turns, the tools of a server. */
  reference(path?: Path): void {
    this.opaque('reference', undefined, path);
  }

  unreadable(why: TraceReason, path?: Path): void {
    this.extraction.unreadable++;
    this.extraction.trace?.unreadable.push({ ...(path ? { path } : {}), why });
  }

  model(model: unknown): void {
    if (typeof model === 'string') this.extraction.model ??= model;
  }

  /** What stands in one place has all of its text there. */
  #addWhole(role: Role, kind: SegmentKind, piece: Piece): Segment | undefined {
    const segment = this.#add(role, kind, [piece]);
    if (segment) segment.isWhole = true;
    return segment;
  }

  #add(role: Role, kind: SegmentKind, pieces: Piece[], separator = ''): Segment | undefined {
    if (this.extraction.segments.length >= MAX_SEGMENTS) {
      // Nobody has claimed the others, so they are read together; but a piece of a text must not be read alone.
      if (!this.findsWholeTexts) this.extraction.isTooMuch = true;
      return undefined;
    }
    if (this.extraction.isTooMuch) return undefined;
    const fresh = pieces.filter((piece) => piece.text !== '' && this.isNew(piece.path, piece.inner));
    if (fresh.length === 0) return undefined;
    const text =
      fresh.length === 1 ? (fresh[0]?.text ?? '') : fresh.map((piece) => piece.text).join(separator);
    const segment: Segment = { role, kind, text, pieces: fresh, copies: [], derived: this.#derived };
    if (fresh.length > 1 && separator !== '') segment.separator = separator;
    if (this.#call && kind === 'tool_arguments') segment.call = this.#call;
    if (this.#definition && kind === 'text') segment.definition = this.#definition;
    this.#readAsReader(segment);
    this.extraction.segments.push(segment);
    return segment;
  }

  /** Another reading of what some segment stands for. */
  addReading(segment: Segment): void {
    this.#readAsReader(segment);
    this.extraction.segments.push(segment);
  }

  /** Undoes the escapes of JSON in a text. */
  #readAsReader(segment: Segment): void {
    const read = this.findsWholeTexts ? readAsReader(segment) : undefined;
    if (!read) return;
    if (read.isTooDeep) this.unreadable('not_readable', segment.pieces[0]?.path);
    this.left.left -= read.values;
    if (this.left.left < 0) this.extraction.hasTooManyValues = true;
    if (read.shown === segment.text) return;
    segment.raw = segment.text;
    segment.text = read.shown;
  }

  /** Whether nobody has read this place before. */
  protected isNew(path: Path, inner?: Path): boolean {
    const place = this.#read.at(path, inner);
    if (place.value) return false;
    place.value = true;
    return true;
  }
}

function unwritable(
  role: Role,
  kind: SegmentKind,
  text: string,
  pieces: Piece[],
  immutableBecause: NonNullable<Segment['immutableBecause']>,
): Segment {
  return { role, kind, text, pieces, copies: [], derived: [], isWhole: true, immutableBecause };
}

/** Below a key that some API defines. */
const DEFINED = Symbol('defined');

/** A step to what no value of the body stands for. */
const HIDDEN = '(hidden)';

/** A step into a string that stands for what it says when its escapes are undone. */
const DECODED = '(decoded)';

/** Names and enums have no blanks; some scripts have none at all. */
const SENTENCE = /\S\s+\S|\P{ASCII}/u;

/** Keywords of a schema whose values the model reads as well; most are single words that it may choose. */
const LITERALS = new Set(['enum', 'const', 'default', 'example', 'examples', '$comment']);

/** What a list or an object holds; nothing for any other value. */
function forEachMember(value: unknown, visit: (key: string | number, item: unknown) => void): void {
  if (Array.isArray(value)) for (let index = 0; index < value.length; index++) visit(index, value[index]);
  else if (isObject(value)) for (const key in value) visit(key, value[key]);
}
