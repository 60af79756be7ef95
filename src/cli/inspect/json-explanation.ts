/** The explanation of a body for programs. */
import type { ExplainedPlace, Explanation } from './explanation.ts';

/** One JSON value, with a line feed. What goes on is text where it is UTF-8, and base64 where not. */
export function jsonExplanation({ after, inert, opaque, unreadable, ...rest }: Explanation): string {
  const told = {
    ...rest,
    inert: inert.map(withoutPath),
    opaque: opaque.map(withoutPath),
    unreadable: unreadable.map(withoutPath),
    ...(after ? { after: bytesAsJson(after) } : {}),
  };
  return `${JSON.stringify(told, undefined, 2)}\n`;
}

function withoutPath({ path: _, ...rest }: ExplainedPlace): Omit<ExplainedPlace, 'path'> {
  return rest;
}

function bytesAsJson(bytes: Uint8Array): { bytes: number; utf8: string } | { bytes: number; base64: string } {
  try {
    return {
      bytes: bytes.length,
      utf8: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes),
    };
  } catch {
    return { bytes: bytes.length, base64: Buffer.from(bytes).toString('base64') };
  }
}
