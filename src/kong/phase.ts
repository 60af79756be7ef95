/**
 * How a phase ends: exactly once, whatever happens inside.
 *
 * Kong lets a request pass when a plugin throws, so no error may get out of a phase. A phase whose request Kong has
 * forgotten waits forever; the plugin server ends it.
 */
import { isUtf8 } from 'node:buffer';
import { errorLocation } from './error-location.ts';
import { MARKERS } from './guard-plugin.ts';
import type { KongRequest, PassedMarker, RecordEntry } from './kong-request.ts';
import type { Pdk } from './pdk.ts';

/** How a phase ends, and the record that Kong is to log, if any. */
export type PhaseResult = PhaseOutcome & { record?: RecordEntry };

type PhaseOutcome =
  /**
   * The request goes on. The passed-marker, if any, tells the guard that this direction let it pass. `exits` are the
   * statuses with which other plugins may answer by themselves from here on.
   */
  | { kind: 'pass'; marker?: PassedMarker; exits?: string }
  /** The request goes on with another body. */
  | {
      kind: 'rewrite';
      body: Uint8Array;
      clear: string[];
      /** Headers that say what changed in the body. */
      headers?: Record<string, string>;
      marker: PassedMarker;
      exits?: string;
    }
  /**
   * The answer goes on with another body, which ai-proxy will translate. On a route without ai-proxy Kong would send
   * what the upstream sent.
   */
  | { kind: 'replace'; body: Uint8Array; plainLength: number; clear: string[]; marker: PassedMarker }
  /** The client gets this answer; headers named in `clear` are taken off what the upstream set. */
  | {
      kind: 'exit';
      status: number;
      body: string | Uint8Array;
      headers: Record<string, string>;
      clear: string[];
    };

/**
 * @param plugin name, for the log
 * @param onBug gives the end when the phase threw; it must not throw
 */
export async function runPhase(
  kongRequest: KongRequest,
  plugin: string,
  phase: (kongRequest: KongRequest) => Promise<PhaseResult>,
  onBug: () => PhaseResult,
): Promise<void> {
  try {
    await apply(kongRequest, await phase(kongRequest));
  } catch (error) {
    await logBug(kongRequest.kong, plugin, error);
    await apply(kongRequest, onBug());
  }
}

async function apply(kongRequest: KongRequest, end: PhaseResult): Promise<void> {
  const { kong } = kongRequest;
  const { record } = end;
  if (end.kind === 'exit') {
    const marker = { key: MARKERS.exits, value: String(end.status) };
    await (record ? kongRequest.leave(marker, record) : kongRequest.share(marker.key, marker.value));
    for (const header of end.clear) await kong.response.clearHeader(header);
    // Kong never answers this call: nothing may follow it.
    await kong.response.exit(end.status, textOf(end.body), end.headers);
    return;
  }
  if (end.kind === 'replace') {
    for (const header of end.clear) await kong.response.clearHeader(header);
    // ai-proxy announces the length of what it translates; elsewhere the upstream's would stay.
    await kong.response.setHeader('Content-Length', String(end.plainLength));
    await kong.nginx.setCtx('buffered_body', textOf(end.body));
  }
  if (end.kind === 'rewrite') {
    for (const header of end.clear) await kong.service.request.clearHeader(header);
    for (const [name, value] of Object.entries(end.headers ?? {}))
      await kong.service.request.setHeader(name, value);
    await kong.service.request.setRawBody(textOf(end.body));
  }
  const { marker } = end;
  const exits = end.kind === 'pass' || end.kind === 'rewrite' ? end.exits : undefined;
  if (marker && record) {
    await kongRequest.leave(marker, record, exits, end.kind === 'rewrite');
    return;
  }
  if (marker) await kongRequest.share(marker.key, marker.value);
  if (record) await kongRequest.record(record);
  if (exits !== undefined) await kongRequest.share(MARKERS.exits, exits);
}

/**
 * Text goes as text: the stock plugin server would print bytes number by number. Only binary streams, such as
 * Bedrock's, go as bytes.
 */
function textOf(body: string | Uint8Array): string | Uint8Array {
  if (typeof body === 'string' || !isUtf8(body)) return body;
  return Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8');
}

async function logBug(kong: Pdk, plugin: string, error: unknown): Promise<void> {
  try {
    await kong.log.err(`${plugin}: internal error: ${errorLocation(error)}`);
  } catch {
    // The request is refused anyway, only without a log line.
  }
}
