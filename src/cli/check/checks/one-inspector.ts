/** The plugin for MCP and those for LLM APIs on the same traffic: each refuses what only the other reads. */
import { MCP_PLUGIN_NAME, PLUGIN_NAMES } from '../../../config/plugin-name.ts';
import type { Finding } from '../finding.ts';
import type { Deployment } from '../model.ts';
import { DIRECTIONS } from '../plugin-of.ts';

export function oneInspectorOnly({ traffic }: Deployment): Finding[] {
  return traffic.flatMap((one): Finding[] => {
    const [mcp] = one.candidates(MCP_PLUGIN_NAME);
    const others = DIRECTIONS.flatMap((direction) => one.candidates(PLUGIN_NAMES[direction])[0] ?? []);
    if (!mcp || others.length === 0) return [];
    const names = others.map(({ name }) => name).join(' and ');
    const problem = `on ${one.place} it meets ${names}: each refuses what only the other reads`;
    const remedy = 'give MCP a route of its own, with one of them disabled there';
    return [{ code: 'two-inspectors', level: 'error', place: mcp.place, problem, remedy }];
  });
}
