/** Tools that the model is offered. Providers differ only in what they call the schema of the parameters. */
import type { Path } from '../body/json/edit.ts';
import type { Collector } from './collector.ts';
import type { JsonObject } from './segment.ts';

/** @param parametersKey where the schema stands, such as `input_schema` */
export function readToolDefinition(
  definition: JsonObject,
  path: Path,
  parametersKey: string,
  out: Collector,
): void {
  const { name, description, [parametersKey]: parameters, ...others } = definition;
  const places = {
    name: [...path, 'name'],
    description: [...path, 'description'],
    parameters: [...path, parametersKey],
  };
  out.tool({
    name: typeof name === 'string' ? name : '',
    ...(typeof description === 'string' ? { description } : {}),
    ...(parameters === undefined ? {} : { parameters }),
    places,
  });
  out.descriptions(others, path);
  out.sentences('system', others, path);
  if (typeof description !== 'string') out.leaves('system', 'text', description, places.description);
}
