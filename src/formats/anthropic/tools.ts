/**
 * Anthropic's tools.
 *
 * | where | text |
 * |---|---|
 * | a tool with `input_schema` | `description` and the schema, as a tool; every string of `input_examples` |
 * | a built-in tool | the prose of its settings |
 * | a definition inside a content block | its prose and `input_examples` |
 */
import type { Path } from '../../body/json/edit.ts';
import type { Collector } from '../collector.ts';
import { itemsOf } from '../placed.ts';
import { isObject, type JsonObject } from '../segment.ts';
import { readToolDefinition } from '../tool-definition.ts';

export function readTools(tools: unknown, path: Path, out: Collector): void {
  for (const { value: tool, path: at } of itemsOf(tools, path)) {
    if (isObject(tool) && 'input_schema' in tool) {
      readToolDefinition(tool, at, 'input_schema', out);
      readExamples(tool, at, out);
    } else readDefinition(tool, at, out);
  }
}

/** Answers carry such definitions too, and an answer's tools are not offered to anybody: their prose is text. */
export function readDefinition(definition: unknown, path: Path, out: Collector): void {
  if (!isObject(definition)) {
    out.leaves('system', 'text', definition, path);
    return;
  }
  const { input_examples: _, ...settings } = definition;
  out.descriptions(settings, path);
  out.sentences('system', settings, path);
  readExamples(definition, path, out);
}

function readExamples(tool: JsonObject, path: Path, out: Collector): void {
  out.leaves('system', 'text', tool.input_examples, [...path, 'input_examples']);
}
