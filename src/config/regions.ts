/**
 * CrowdStrike's clouds by name, as `ai_guard_api_base_url` also accepts them.
 *
 * `us-1`, `us-2` and `eu-1` are those of AIDR's own documentation. For the government clouds CrowdStrike documents the host
 * of Falcon's API, under which AIDR's path is the same.
 */
export const REGIONS = {
  'us-1': 'https://api.crowdstrike.com/aidr/aiguard',
  'us-2': 'https://api.us-2.crowdstrike.com/aidr/aiguard',
  'eu-1': 'https://api.eu-1.crowdstrike.com/aidr/aiguard',
  'us-gov-1': 'https://api.laggar.gcw.crowdstrike.com/aidr/aiguard',
  'us-gov-2': 'https://api.us-gov-2.crowdstrike.mil/aidr/aiguard',
} as const;

const REGION_NAMES = Object.keys(REGIONS);

/** What is wrong with anything else. */
export const BASE_URL_ERROR = `must be an http or https URL, or one of ${REGION_NAMES.join(', ')}`;

/** In Lua, for Kong: blanks around the value are forgiven, as in hand-written YAML. */
export const BASE_URL_PATTERNS = [
  '^%s*https?://',
  ...REGION_NAMES.map((name) => `^%s*${name.replaceAll('-', '%-')}%s*$`),
];

export function isRegion(text: string): text is keyof typeof REGIONS {
  return Object.hasOwn(REGIONS, text);
}

/** @returns the URL of a region, or what is one already */
export function baseUrlOf(regionOrUrl: string): string {
  const text = regionOrUrl.trim();
  return isRegion(text) ? REGIONS[text] : text;
}
