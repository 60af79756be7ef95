/** The folder that an agent works in, and what the mock model knows of it. */
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** How the path of a home begins. */
export const HOME = join(tmpdir(), 'aidr-client-');

/** Agents tell their model where they work. */
const WORKSPACE = new RegExp(`${HOME}\\w+/workspace`);

export function fileName(index: number): string {
  return `harbour-${index + 1}.txt`;
}

/** @param body of a request */
export function workspaceIn(body: string): string {
  return WORKSPACE.exec(body)?.[0] ?? '.';
}

/** What agents call the server of MCP that they are given. */
export const MCP_SERVER = 'harbour';
