/** Chooses the protocol of a request: the one that the configuration names, or with `auto` the one that recognises it. */
import { A2A } from './a2a/index.ts';
import { MCP } from './mcp/index.ts';
import type { ProtocolName, ProtocolSetting } from './names.ts';
import type { Protocol, RequestHead } from './protocol.ts';

const PROTOCOLS: Readonly<Record<ProtocolName, Protocol>> = { mcp: MCP, a2a: A2A };

/** In the order in which they are asked; what none of them recognises is read as the last one's. */
const BY_LIKELIHOOD: readonly Protocol[] = [A2A, MCP];

export function protocolNamed(name: ProtocolName): Protocol {
  return PROTOCOLS[name];
}

/** @param value of the body; undefined where there is none, or it could not be read */
export function protocolOf(setting: ProtocolSetting, head: RequestHead, value: unknown): Protocol {
  if (isName(setting)) return PROTOCOLS[setting];
  return BY_LIKELIHOOD.find((one) => one.recognises(head, value)) ?? MCP;
}

function isName(setting: string): setting is ProtocolName {
  return Object.hasOwn(PROTOCOLS, setting);
}
