/** An AIDR and an upstream that answer at once, each in a process of its own. */
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeCertificate } from '../testkit/harness/certificate.ts';
import { onInterruption } from '../testkit/harness/interruption.ts';
import { launch, stopped } from '../testkit/harness/processes.ts';

export interface Mock {
  url: string;
  stop(): Promise<void>;
}

export async function startInstantAidr(): Promise<Mock> {
  const { port, stop } = await startMock('instant-aidr.ts', []);
  return { url: `http://127.0.0.1:${port}`, stop };
}

export interface Upstream extends Mock {
  /** Path of its certificate, which nobody trusts unless told to. */
  certificate: string;
}

export async function startInstantUpstream(): Promise<Upstream> {
  const folder = await mkdtemp(join(tmpdir(), 'aidr-bench-tls-'));
  const { key, cert } = await makeCertificate(folder);
  const { port, stop } = await startMock('instant-upstream.ts', [key, cert]);
  const stopAll = async () => {
    forget();
    await stop();
    await rm(folder, { recursive: true, force: true });
  };
  const forget = onInterruption(stopAll);
  return { url: `https://localhost:${port}`, certificate: cert, stop: stopAll };
}

async function startMock(file: string, args: string[]): Promise<{ port: number; stop(): Promise<void> }> {
  const child = launch([process.execPath, join(import.meta.dirname, file), ...args]);
  const [line] = child.stdout ? await once(child.stdout, 'data') : [''];
  return { port: Number(String(line)), stop: () => stopped(child) };
}
