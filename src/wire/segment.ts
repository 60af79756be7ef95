/** What a wire format finds in a body. */
import type { Path } from '../body/json/edit.ts';

export type Role = 'system' | 'user' | 'assistant' | 'tool';

export type SegmentKind =
  | 'text'
  | 'refusal'
  | 'reasoning'
  | 'tool_arguments'
  | 'tool_result'
  | 'document'
  | 'document_title'
  | 'document_context';

/** One piece of text for AIDR. */
export interface Segment {
  role: Role;
  kind: SegmentKind;
  text: string;
  /** Where the text stands in the body. */
  place: Path;
  /** Which of several alternative answers it belongs to; absent in requests. */
  choice?: number;
}

/** A tool that the model is offered, in OpenAI's form, and where its parts stand in the body. */
export interface ToolDefinition {
  name: string;
  description?: string;
  parameters?: unknown;
  places: { description: Path; parameters: Path };
}

/** Everything in one body that can carry text, in reading order. */
export interface Extraction {
  segments: Segment[];
  tools: ToolDefinition[];
  /** Media and references whose content is not in the body as text. */
  opaque: number;
  /** Parts that may hold text in a form nobody here can read, such as token arrays. */
  unreadable: number;
  model?: string;
}

export type JsonObject = { [key: string]: unknown };

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** One provider API's body shape. */
export interface WireFormat {
  name: string;
  /** @returns false when the body has nothing that this API's requests have */
  readRequest(body: JsonObject, out: Collector): boolean;
  /** @returns false when the body has nothing that this API's answers have */
  readResponse(body: JsonObject, out: Collector): boolean;
}

/** Gathers what a wire format finds; empty strings are nothing to inspect. */
export class Collector {
  readonly found: Extraction = { segments: [], tools: [], opaque: 0, unreadable: 0 };
  private choice: number | undefined;

  /** Everything collected until the next call belongs to this alternative answer. */
  inChoice(choice: number): void {
    this.choice = choice;
  }

  text(role: Role, kind: SegmentKind, value: unknown, place: Path): void {
    if (typeof value === 'string') {
      if (value !== '') {
        const choice = this.choice === undefined ? {} : { choice: this.choice };
        this.found.segments.push({ role, kind, text: value, place, ...choice });
      }
    } else {
      this.leaves(role, kind, value, place);
    }
  }

  /** Every string inside a value whose shape is free or unknown. */
  leaves(role: Role, kind: SegmentKind, value: unknown, place: Path): void {
    if (typeof value === 'string') this.text(role, kind, value, place);
    else if (Array.isArray(value)) {
      value.forEach((item, index) => {
        this.leaves(role, kind, item, [...place, index]);
      });
    } else if (isObject(value)) {
      for (const [key, item] of Object.entries(value)) this.leaves(role, kind, item, [...place, key]);
    }
  }

  tool(tool: ToolDefinition): void {
    this.found.tools.push(tool);
  }

  opaque(): void {
    this.found.opaque++;
  }

  unreadable(): void {
    this.found.unreadable++;
  }

  model(model: unknown): void {
    if (typeof model === 'string') this.found.model ??= model;
  }
}
