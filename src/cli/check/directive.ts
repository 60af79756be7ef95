/** nginx's own directives, as Kong's settings have them. */
import type { Place } from './place.ts';
import type { Settings } from './settings.ts';

/** Where an nginx directive can be set, the strongest first. */
const BLOCKS = ['nginx_location_', 'nginx_proxy_', 'nginx_http_'];

/**
 * @param usual the block in whose setting it belongs where nobody has set it
 * @returns where it stands, or should, and what it is set to
 */
export function directive(
  settings: Settings,
  name: string,
  usual = 'nginx_http_',
): { place: Place; value: string | undefined } {
  const block = BLOCKS.find((prefix) => settings.get(prefix + name) !== undefined);
  const setting = `${block ?? usual}${name}`;
  return { place: settings.place(setting), value: settings.get(setting) };
}
