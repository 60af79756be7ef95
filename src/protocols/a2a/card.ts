/**
 * Agent cards: what an agent says of itself, to the models of others. Its skills are what descriptions of tools are to a server
 * of MCP, so they are a listing: the id is the name of the tool. All of its other texts are read as text.
 */
import type { Path } from '../../body/json/edit.ts';
import type { Collector } from '../../formats/collector.ts';
import { itemsOf, type Placed } from '../../formats/placed.ts';
import { isObject, type JsonObject } from '../../formats/segment.ts';

/** No message, task or configuration has skills or interfaces. */
export function isCard(value: unknown): value is JsonObject {
  if (!isObject(value)) return false;
  return 'skills' in value || 'supportedInterfaces' in value || 'supported_interfaces' in value;
}

export function readCard(card: JsonObject, path: Path, out: Collector): void {
  for (const key of ['name', 'description']) {
    const text = card[key];
    if (typeof text === 'string') out.text('system', 'text', text, [...path, key]);
  }
  for (const skill of itemsOf(card.skills, [...path, 'skills'])) readSkill(skill, out);
  for (const { value, path: at } of itemsOf(card.signatures, [...path, 'signatures'])) {
    // JSON in base64.
    if (isObject(value) && typeof value.protected === 'string' && value.protected !== '')
      out.base64('system', 'document', value.protected, undefined, [...at, 'protected']);
  }
}

function readSkill({ value: skill, path }: Placed, out: Collector): void {
  if (!isObject(skill)) return;
  const { id, description, name, tags, examples } = skill;
  const isTool = typeof id === 'string' && (typeof description === 'string' || description === undefined);
  if (isTool) {
    out.tool({
      name: id,
      ...(description === undefined ? {} : { description }),
      places: {
        name: [...path, 'id'],
        description: [...path, 'description'],
        // A skill has no parameters: nothing stands there.
        parameters: [...path, 'id', 'parameters'],
      },
    });
  }
  out.leaves('system', 'text', name, [...path, 'name']);
  out.leaves('system', 'text', examples, [...path, 'examples']);
  out.leaves('system', 'text', tags, [...path, 'tags']);
}
