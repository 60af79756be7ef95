/** Whether a plugin server answers on a socket, and serves the plugin that Kong looks for there. */
import { connect, type Socket } from 'node:net';
import { basename, isAbsolute } from 'node:path';
import { BodyBudget } from '../../pluginserver/body-budget.ts';
import { FrameReader } from '../../pluginserver/frame-reader.ts';
import { decodeResult, encodeRequest } from '../../pluginserver/message.ts';
import type { CheckResult } from './check.ts';

/** Milliseconds; a healthy server takes a few. */
const LIMIT = 2_000;

export async function checkSocket({ plugin, path }: { plugin: string; path: string }): Promise<CheckResult> {
  const socket = connect(path);
  const deadline = setTimeout(() => socket.destroy(new SilentServer()), LIMIT);
  try {
    const finding = describe(plugin, await statusFrom(socket));
    return { subject: nameOf(plugin), ...finding };
  } catch (error) {
    return { subject: nameOf(plugin), isOk: false, finding: `${path}: ${reasonOf(error)}` };
  } finally {
    clearTimeout(deadline);
    socket.destroy();
  }
}

class SilentServer extends Error {
  readonly code = `no answer within ${LIMIT} ms`;
}

function statusFrom(socket: Socket): Promise<unknown> {
  const answered = Promise.withResolvers<unknown>();
  const reader = new FrameReader(new BodyBudget(0), ({ bytes }) => answered.resolve(decodeResult(bytes)));
  socket.on('data', (chunk) => {
    try {
      reader.push(Buffer.from(chunk));
    } catch (error) {
      answered.reject(error);
    }
  });
  socket.on('error', answered.reject);
  socket.on('close', () => answered.reject(new Error('the connection was closed')));
  socket.write(encodeRequest(1, 'plugin.GetStatus'));
  return answered.promise;
}

function describe(plugin: string, status: unknown): Pick<CheckResult, 'isOk' | 'finding'> {
  const plugins = typeof status === 'object' && status !== null && 'Plugins' in status ? status.Plugins : {};
  const served = Object.keys(plugins ?? {});
  // What a module calls itself is known only to who loads it.
  const isOk = isAbsolute(plugin) ? served.length > 0 : served.includes(plugin);
  return { isOk, finding: isOk ? 'answers' : 'something else answers on its socket' };
}

function nameOf(plugin: string): string {
  return isAbsolute(plugin) ? basename(plugin) : plugin;
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'no answer';
  return 'code' in error ? String(error.code) : error.message;
}
