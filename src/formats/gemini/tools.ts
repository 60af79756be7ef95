/** Tools that Gemini is offered: functions with their schemas; of its own tools, the prose of their settings, and what they refer to. */
import type { Collector } from '../collector.ts';
import { type Field, itemsOf, type Placed } from '../placed.ts';
import { isObject } from '../segment.ts';
import { readToolDefinition } from '../tool-definition.ts';
import { geminiFields, named } from './spelling.ts';

export function readTool({ value, place }: Placed, out: Collector): void {
  if (!isObject(value)) out.leaves('system', 'text', value, place);
  for (const field of geminiFields(value, place)) {
    if (field.name === 'functionDeclarations') {
      for (const declaration of itemsOf(field.value, field.place)) readDeclaration(declaration, out);
    } else if (GOOGLES_OWN.has(field.name)) {
      out.descriptions(field.value, field.place);
      countReferences(field, out);
    } else {
      out.leaves('system', 'text', field.value, field.place);
    }
  }
}

/** What the model reads elsewhere: stores of documents, an index behind an address, the tools of a server. */
function countReferences({ name, value, place }: Field, out: Collector): void {
  const references =
    name === 'mcpServers'
      ? itemsOf(value, place)
      : geminiFields(value, place)
          .filter((field) => SOURCES.has(field.name))
          .flatMap((field) => itemsOf(field.value, field.place));
  for (const _ of references) out.opaque();
}

const SOURCES = new Set(['fileSearchStoreNames', 'vertexAiSearch', 'vertexRagStore', 'externalApi']);

/** Which of the functions may be called. */
export function readToolConfig({ value, place }: Field, out: Collector): void {
  for (const calling of named(geminiFields(value, place), 'functionCallingConfig')) {
    for (const names of named(geminiFields(calling.value, calling.place), 'allowedFunctionNames'))
      for (const { value: name, place: at } of itemsOf(names.value, names.place))
        out.label('system', name, at);
  }
}

/** Their settings are names, filters, addresses and credentials. */
const GOOGLES_OWN = new Set([
  ...['googleSearch', 'googleSearchRetrieval', 'googleMaps', 'enterpriseWebSearch', 'urlContext'],
  ...['codeExecution', 'computerUse', 'fileSearch', 'retrieval', 'mcpServers'],
  ...['exaAiSearch', 'parallelAiSearch'],
]);

function readDeclaration({ value, place }: Placed, out: Collector): void {
  if (!isObject(value)) {
    out.leaves('system', 'text', value, place);
    return;
  }
  const fields = geminiFields(value, place);
  const parameters = fields.find(({ name }) => name === 'parameters' || name === 'parametersJsonSchema');
  const parametersKey = String(parameters?.place.at(-1) ?? 'parameters');
  readToolDefinition(value, place, parametersKey, out);
  for (const field of fields) {
    if (field === parameters || READ.has(field.name)) continue;
    if (SCHEMAS.has(field.name)) out.descriptions(field.value, field.place);
    else out.leaves('system', 'text', field.value, field.place);
  }
}

const READ = new Set(['name', 'description', 'behavior']);

/** A second schema of the parameters, and that of the result. */
const SCHEMAS = new Set(['parameters', 'parametersJsonSchema', 'response', 'responseJsonSchema']);
