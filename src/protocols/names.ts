/** The protocols whose messages are read, by the names that the configuration has for them. */

export const PROTOCOL_NAMES = ['mcp', 'a2a'] as const;

export type ProtocolName = (typeof PROTOCOL_NAMES)[number];

/** The values of the setting `protocol`. */
export const PROTOCOL_SETTINGS = [...PROTOCOL_NAMES, 'auto'] as const;

export type ProtocolSetting = (typeof PROTOCOL_SETTINGS)[number];
