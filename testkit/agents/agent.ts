/** A coding agent and its model: what one sends and the other answers, the same each time for the same seeds. */
import type { Answer, ProviderRequest } from '../providers/index.ts';

/** Sends a request to a path of its provider. */
export type Send = (path: string, body: string) => Promise<Response>;

export interface Agent {
  /** Runs a session of so many requests. */
  run(send: Send, turns: number): Promise<void>;
  /** What the provider answers. */
  answer(request: ProviderRequest): Answer;
}

export interface Seeds {
  /** Of the system prompt and the tools. */
  frame: number;
  /** Of what is said and done. */
  session: number;
}

/** As models write: a few characters each. */
export function pieces(text: string): string[] {
  return text.match(/.{1,14}/gsu) ?? [];
}
