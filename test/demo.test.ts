/** `npm run demo`: its page, as people use it, in a headless Chromium where there is one. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';
import { join, resolve } from 'node:path';
import puppeteer, { type Browser, type Page } from 'puppeteer-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { windowsPicture } from '../testkit/harness/windows-picture.ts';

const DEMO = resolve(import.meta.dirname, '../demo/index.ts');
const CHROMIUM = [
  process.env.CHROMIUM_BIN,
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
].find((path) => path !== undefined && existsSync(path));

let demo: ChildProcess;
let url: string;
beforeAll(async () => {
  demo = spawn(process.execPath, [DEMO, '--port', '0'], { stdio: ['ignore', 'pipe', 'inherit'] });
  url = await new Promise((found, failed) => {
    let told = '';
    demo.once('exit', () => failed(new Error('the demo ended')));
    demo.stdout?.on('data', (text) => {
      told += text;
      const [, page] = /The page is on (http:\S+)/.exec(told) ?? [];
      if (page) found(page);
    });
  });
});
afterAll(async () => {
  const ended = once(demo, 'exit');
  demo.kill('SIGTERM');
  expect(await ended).toEqual([0, null]);
});

it('has pictures of less than 300 KB in the manual', async () => {
  const folder = resolve(import.meta.dirname, '../docs/pictures');
  const names = await readdir(folder);
  expect(names.length).toBeGreaterThan(3);
  for (const name of names) expect((await stat(join(folder, name))).size, name).toBeLessThan(300_000);
});

it('draws the timeline of live windows as the manual has it', async () => {
  const drawn = windowsPicture();
  expect(await readFile(resolve(import.meta.dirname, '../docs/pictures/live-windows.svg'), 'utf8')).toBe(
    drawn,
  );
  expect(drawn).toContain('window_chars 200, window_overlap_chars 100');
});

describe("the demo's server", () => {
  it('is reached under its own name only, and from this machine only', async () => {
    const { port } = new URL(url);
    expect(await statusOf(['-H', 'host: evil.example', url])).toBe('403');
    const others = Object.values(networkInterfaces()).flatMap((all) => all ?? []);
    for (const { address } of others.filter(({ family, internal }) => family === 'IPv4' && !internal))
      await expect(fetch(`http://${address}:${port}/`), address).rejects.toThrow();
  });

  it.each([
    [['/api/play', '-X', 'POST', '-d', '{"case":"injection"}'], '415'],
    [['/api/play', '-H', 'content-type: application/json', '-d', '{"case":7}'], '400'],
    [['/../package.json'], '404'],
    [['/page.css'], '200'],
  ])('answers %j with %s', async ([path = '', ...options], status) => {
    expect(await statusOf([...options, '--path-as-is', url + path])).toBe(status);
  });

  it('loads nothing from anywhere else, and says so', async () => {
    const answer = await fetch(url);
    expect(answer.headers.get('content-security-policy')).toMatch(/^default-src 'none'; script-src 'self';/);
    expect(await answer.text()).not.toMatch(/https?:/);
  });

  it('tells how it is used', async () => {
    const { stdout } = await executed(process.execPath, [DEMO, '--help']);
    expect(stdout).toMatch(/--once[\s\S]*--port[\s\S]*--help/);
    expect((await executed(process.execPath, [DEMO, '--port', 'x'])).code).toBe(1);
  });
});

async function statusOf(options: string[]): Promise<string> {
  return (await executed('curl', ['-s', '-o', '/dev/null', '-w', '%{http_code}', ...options])).stdout;
}

function executed(command: string, args: string[]): Promise<{ code: unknown; stdout: string }> {
  return new Promise((done) => {
    execFile(command, args, (error, stdout) => done({ code: error ? error.code : 0, stdout }));
  });
}

describe.skipIf(CHROMIUM === undefined)("the demo's page (needs Chromium: CHROMIUM_BIN names one)", () => {
  let browser: Browser;
  let page: Page;
  const problems: string[] = [];
  beforeAll(async () => {
    browser = await puppeteer.launch({
      executablePath: CHROMIUM ?? '',
      args: ['--no-sandbox', '--disable-dev-shm-usage'],
    });
  });
  afterAll(async () => {
    await browser?.close();
    expect(problems).toEqual([]);
  });
  beforeEach(async () => {
    page = await browser.newPage();
    page.on('pageerror', (error) => problems.push(String(error)));
    page.on('console', (message) => message.type() === 'error' && problems.push(message.text()));
    page.on('dialog', () => problems.push('a script of somebody else ran'));
    await page.goto(url);
    await page.waitForSelector('[data-case]');
    return () => page.close();
  });

  async function play(name: string): Promise<string> {
    await page.click(`[data-case=${name}]`);
    return settled();
  }

  /** Conditions are texts, because they run in the page. */
  const until = (condition: string) => page.waitForFunction(condition);
  /** Each test plays once. */
  const PLAYED = "document.querySelector('[data-played]')?.dataset.played === '1'";

  /** @returns what the page says when what was asked for is done */
  async function settled(): Promise<string> {
    await until(PLAYED);
    return textOf('main');
  }

  const textOf = (selector: string) => page.$eval(selector, ({ textContent }) => textContent ?? '');
  const textsOf = (selector: string) =>
    page.$$eval(selector, (all) => all.map(({ textContent }) => textContent ?? ''));

  it('says that the gateway is an emulator', async () => {
    expect(await textOf('header')).toContain('an emulator of Kong');
  });

  it.each([
    ['harmless', ['got 200', 'input: passed', 'output: passed']],
    ['injection', ['got 400', 'was not asked.', 'input: blocked: malicious_prompt']],
    ['forged', ['got 400', 'input: blocked: malicious_prompt']],
    ['outage', ['got 503', 'no verdict']],
    ['agent', ['on_blocked_tool_result: refuse', 'got 400', 'on_blocked_tool_result: replace', 'got 200']],
    ['killed', ['SIGKILL to the plugin server', 'reached the provider uninspected: 0']],
  ])('shows the case %s', async (name, expected) => {
    const text = await play(name);
    for (const one of expected) expect(text).toContain(one);
  });

  it('marks what was redacted, on both ways', async () => {
    await play('redaction');
    expect(await textsOf('.panel:nth-child(2) ins')).toContain('<US_SSN>');
    expect((await textsOf('.panel:nth-child(1) del')).join('')).toContain('078');
    expect(await textsOf('.panel:nth-child(1) ins')).toContain('*******');
    expect(await textOf('table')).toContain('US_SSN');
  });

  it('marks the tool that a listing of MCP lost, and what a result of a tool lost', async () => {
    await play('mcp');
    const [result = '', removed = '', refused = ''] = await textsOf('.panel:nth-child(1)');
    expect(await textOf('main')).toContain('The MCP server');
    expect(refused).toContain('-32603');
    expect(refused).not.toContain('employee_record');
    expect(removed).toContain('employee_record');
    expect(removed).not.toContain('Adds two numbers');
    expect((await textsOf('.panel:nth-child(2) del')).join('')).toContain('Adds');
    expect(result).toContain('<US_SSN>');
    expect(result).not.toContain('234-56-7890');
  });

  it('shows a stream while it is redacted', async () => {
    await page.click('[data-case=stream]');
    await page.waitForSelector('#flow');
    const early = await textOf('#flow');
    await until(`document.querySelector('#flow')?.textContent?.includes('*******7890')`);
    const late = await textOf('#flow');
    expect(late.length).toBeGreaterThan(early.length);
    expect(late).not.toContain('234-56');
    await until(PLAYED);
    expect((await textsOf('.panel:nth-child(2) del')).join('')).toContain('234');
  });

  it.each([
    ['anthropic', 'relay', 'live'],
    ['gemini', 'phases', 'buffered'],
    ['bedrock', 'relay', 'buffered'],
  ])("sends one's own text to %s, %s, %s, and shows it as text", async (provider, placement, mode) => {
    await page.click('main > details > summary');
    await page.select('[name=provider]', provider);
    await page.select('[name=placement]', placement);
    await page.select('[name=mode]', mode);
    await page.click('[name=prompt]', { count: 3 });
    await page.type('[name=prompt]', '<img src=x onerror=alert(1)> 078-05-1120');
    await page.click('form button');
    const text = await settled();
    expect(text).toContain('got 200');
    expect(text).toContain('<img src=x onerror=alert(1)> <US_SSN>');
    expect(await page.$('main img')).toBeNull();
  });

  it('is used with the keyboard alone', async () => {
    await page.keyboard.press('Tab');
    await page.keyboard.press('Tab');
    expect(await page.evaluate("document.activeElement?.getAttribute('data-case')")).toBe('injection');
    await page.keyboard.press('Enter');
    expect(await settled()).toContain('got 400');
    const unnamed = await page.$$eval(
      'button, input, select, textarea',
      (all) =>
        all.filter((one) => !one.textContent?.trim() && !one.closest('label')?.textContent?.trim()).length,
    );
    expect(unnamed).toBe(0);
  });

  it.each(['light', 'dark'])('fits into a narrow window, %s', async (scheme) => {
    await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
    await page.setViewport({ width: 360, height: 640 });
    await play('redaction');
    const wide = await page.evaluate('document.documentElement.scrollWidth');
    const colour = await page.evaluate('getComputedStyle(document.body).backgroundColor');
    expect(wide).toBeLessThanOrEqual(360);
    expect(colour).toBe(scheme === 'light' ? 'rgb(255, 255, 255)' : 'rgb(18, 20, 25)');
  });
});
