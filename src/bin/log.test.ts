import { execFile } from 'node:child_process';
import { closeSync, constants, openSync, readSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { tellLine } from '../inspection/report/line-sink.ts';

const run = promisify(execFile);

let folder: string;
let file: string;
let standardError: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'aidr-log-'));
  file = join(folder, 'lines.log');
  standardError = '';
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    standardError += text;
    return true;
  });
});
afterEach(async () => {
  vi.restoreAllMocks();
  await rm(folder, { recursive: true });
});

let processes = 0;

/** As each process has them anew. */
async function lines(): Promise<typeof import('./log.ts')> {
  processes += 1;
  return import(`./log.ts?process=${processes}`);
}

describe('--log-file', () => {
  it('gets the lines in place of standard error, those of the plugins too, after what is in it', async () => {
    const { log, useLogFile, useLogFormat } = await lines();
    useLogFile(file);
    log('as text');
    useLogFormat('json');
    log('as JSON');
    tellLine({ level: 'notice', plugin: 'crowdstrike-aidr-request', text: 'blocked', requestId: 'k1' });
    const [text, ...written] = (await readFile(file, 'utf8')).trimEnd().split('\n');
    expect(text).toBe('aidr-pluginserver: as text');
    expect(written.map((line) => JSON.parse(line))).toMatchObject([
      { level: 'info', source: 'aidr-pluginserver', message: 'as JSON' },
      { level: 'notice', source: 'crowdstrike-aidr-request', message: 'blocked', kong_request_id: 'k1' },
    ]);
    expect(standardError).toBe('');
    useLogFile(file);
    log('again');
    expect((await readFile(file, 'utf8')).split('\n')).toHaveLength(5);
    expect((await stat(file)).mode & 0o007).toBe(0);
  });

  it('that cannot be opened leaves the lines on standard error, which says so', async () => {
    const { log, useLogFile } = await lines();
    useLogFile(join(folder, 'none', 'lines.log'));
    log('goes on');
    expect(standardError).toBe(
      `aidr-pluginserver: --log-file ${folder}/none/lines.log: it cannot be opened: ENOENT; lines go to standard error\n` +
        'aidr-pluginserver: goes on\n',
    );
  });

  it('that is a pipe which nobody reads holds nothing up, and loses whole lines only', async () => {
    await run('mkfifo', [file]);
    const reader = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
    const { log, useLogFile } = await lines();
    useLogFile(file);
    const text = 'x'.repeat(1_000);
    for (let n = 0; n < 200; n++) log(text);
    const read = Buffer.alloc(400_000);
    const got = read.toString('utf8', 0, readSync(reader, read));
    expect(got.length).toBeLessThan(200_000);
    expect(new Set(got.trimEnd().split('\n'))).toEqual(new Set([`aidr-pluginserver: ${text}`]));
    log('read again');
    expect(read.toString('utf8', 0, readSync(reader, read))).toBe('aidr-pluginserver: read again\n');
    closeSync(reader);
    expect(() => log('nobody there')).not.toThrow();
  });

  it('that is a pipe which takes a part of a line begins the next one anew', async () => {
    await run('mkfifo', [file]);
    const reader = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
    const { log, useLogFile } = await lines();
    useLogFile(file);
    // Longer than what a pipe takes in one piece or not at all.
    log('x'.repeat(100_000));
    const read = Buffer.alloc(400_000);
    const cut = read.toString('utf8', 0, readSync(reader, read));
    expect(cut.length).toBeLessThan(100_000);
    log('next');
    log('last');
    expect(read.toString('utf8', 0, readSync(reader, read))).toBe(
      '\naidr-pluginserver: next\naidr-pluginserver: last\n',
    );
    closeSync(reader);
  });

  describe('that was rotated away', () => {
    const contents = async (path: string) => readFile(path, 'utf8').catch(() => '');

    beforeEach(() => {
      vi.useFakeTimers({ toFake: ['Date', 'performance'] });
    });
    afterEach(() => {
      vi.useRealTimers();
    });

    it.each([
      ['renamed', (to: string) => rename(file, to)],
      ['removed', () => rm(file)],
      ['replaced', (to: string) => writeFile(to, '').then(() => rename(to, file))],
    ])('is opened anew within a second (%s)', async (how, rotate) => {
      const { log, useLogFile } = await lines();
      useLogFile(file);
      log('before');
      const old = join(folder, 'lines.log.1');
      await rotate(old);
      vi.advanceTimersByTime(1_100);
      log('after');
      log('later');
      expect(await contents(file)).toBe('aidr-pluginserver: after\naidr-pluginserver: later\n');
      expect(await contents(old)).toBe(how === 'renamed' ? 'aidr-pluginserver: before\n' : '');
    });

    it('and cannot be opened anew is written on', async () => {
      const { log, useLogFile } = await lines();
      useLogFile(file);
      const old = join(folder, 'lines.log.1');
      await rename(file, old);
      await mkdir(file);
      vi.advanceTimersByTime(1_100);
      log('after');
      expect(await contents(old)).toBe('aidr-pluginserver: after\n');
      await rm(file, { recursive: true });
      vi.advanceTimersByTime(1_100);
      log('later');
      expect(await contents(file)).toBe('aidr-pluginserver: later\n');
    });
  });

  it('that is a pipe whose reader is gone before the start leaves the lines on standard error', async () => {
    await run('mkfifo', [file]);
    const { useLogFile } = await lines();
    useLogFile(file);
    expect(standardError).toContain('it cannot be opened: ENXIO');
  });
});
