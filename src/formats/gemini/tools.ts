/** Tools that Gemini is offered: functions with their schemas; of its own tools, the prose of their settings, and what they refer to. */
import type { Collector } from '../collector.ts';
import { type Field, itemsOf, type Placed } from '../placed.ts';
import { named, protoFields } from '../proto-json.ts';
import { isObject } from '../segment.ts';
import { readToolDefinition } from '../tool-definition.ts';

export function readTool({ value, path }: Placed, out: Collector): void {
  if (!isObject(value)) out.leaves('system', 'text', value, path);
  for (const field of protoFields(value, path)) {
    if (field.name === 'functionDeclarations') {
      for (const declaration of itemsOf(field.value, field.path)) readDeclaration(declaration, out);
    } else if (GOOGLES_OWN.has(field.name)) {
      out.descriptions(field.value, field.path);
      countReferences(field, out);
    } else {
      out.leaves('system', 'text', field.value, field.path);
    }
  }
}

/** What the model reads elsewhere: stores of documents, an index behind an address, the tools of a server. */
function countReferences({ name, value, path }: Field, out: Collector): void {
  const references =
    name === 'mcpServers'
      ? itemsOf(value, path)
      : protoFields(value, path)
          .filter((field) => SOURCES.has(field.name))
          .flatMap((field) => itemsOf(field.value, field.path));
  for (const { path: at } of references) out.reference(at);
}

const SOURCES = new Set(['fileSearchStoreNames', 'vertexAiSearch', 'vertexRagStore', 'externalApi']);

/** Which of the functions may be called. */
export function readToolConfig({ value, path }: Field, out: Collector): void {
  for (const calling of named(protoFields(value, path), 'functionCallingConfig')) {
    for (const names of named(protoFields(calling.value, calling.path), 'allowedFunctionNames'))
      for (const { value: name, path: at } of itemsOf(names.value, names.path))
        out.identifier('system', name, at);
  }
}

/** Their settings are names, filters, addresses and credentials. */
const GOOGLES_OWN = new Set([
  ...['googleSearch', 'googleSearchRetrieval', 'googleMaps', 'enterpriseWebSearch', 'urlContext'],
  ...['codeExecution', 'computerUse', 'fileSearch', 'retrieval', 'mcpServers'],
  ...['exaAiSearch', 'parallelAiSearch'],
]);

function readDeclaration({ value, path }: Placed, out: Collector): void {
  if (!isObject(value)) {
    out.leaves('system', 'text', value, path);
    return;
  }
  const fields = protoFields(value, path);
  const parameters = fields.find(({ name }) => name === 'parameters' || name === 'parametersJsonSchema');
  const parametersKey = String(parameters?.path.at(-1) ?? 'parameters');
  readToolDefinition(value, path, parametersKey, out);
  for (const field of fields) {
    if (field === parameters || READ.has(field.name)) continue;
    if (SCHEMAS.has(field.name)) out.descriptions(field.value, field.path);
    else out.leaves('system', 'text', field.value, field.path);
  }
}

const READ = new Set(['name', 'description', 'behavior']);

/** A second schema of the parameters, and that of the result. */
const SCHEMAS = new Set(['parameters', 'parametersJsonSchema', 'response', 'responseJsonSchema']);
