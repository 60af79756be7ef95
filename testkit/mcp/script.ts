/** What a server of MCP says, place by place: tests put there what a gateway has to find. */

export const PLACES = [
  ...['instructions', 'toolDescription', 'toolTitle', 'schemaDescription'],
  ...['toolText', 'structured', 'resourceLink', 'embedded', 'log', 'progress'],
  ...['resource', 'prompt', 'promptDescription', 'completion', 'error', 'elicitation'],
] as const;

export type Place = (typeof PLACES)[number];

export type Script = Record<Place, string>;

export function benignScript(): Script {
  return Object.fromEntries(PLACES.map((place) => [place, `All is well in ${place}.`])) as Script;
}
