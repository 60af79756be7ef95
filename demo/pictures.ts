/**
 * `npm run pictures [-- <folder>]`: the pictures of the demo's page, made anew by a headless Chromium, and the timeline of live
 * windows, which needs none. `CHROMIUM_BIN` names it, if it is not in its usual place.
 */
import { mkdir, stat, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import puppeteer, { type Page } from 'puppeteer-core';
import { windowsPicture } from '../testkit/harness/windows-picture.ts';
import { serveDemo } from './server.ts';
import { startStage } from './stage.ts';

const FOLDER = process.argv[2] ?? resolve(import.meta.dirname, '../docs/pictures');
/** Bytes. */
const LARGEST = 300_000;

interface Picture {
  name: string;
  case: string;
  scheme: 'light' | 'dark';
  width: number;
  /** What it begins with and ends with, so that nothing is cut off in the middle. */
  from: string;
  to: string;
}

const PICTURES: readonly Picture[] = [
  {
    ...{ name: 'demo-redaction', case: 'redaction', scheme: 'light', width: 1280 },
    ...{ from: 'header', to: 'article .panels' },
  },
  {
    ...{ name: 'demo-agent', case: 'agent', scheme: 'dark', width: 1280 },
    ...{ from: 'article h2', to: 'article .panel:nth-child(2) pre:last-of-type' },
  },
  {
    ...{ name: 'demo-narrow', case: 'injection', scheme: 'light', width: 400 },
    ...{ from: 'article h2', to: 'article .panel' },
  },
];

const MARGIN = 10;

/** What `npm run demo` has; the others are not seen. */
const PORTS = { gateway: 8791, aidr: 0, provider: 0 };

async function take(page: Page, url: string, picture: Picture): Promise<void> {
  const { name, scheme, width, from, to } = picture;
  await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
  await page.setViewport({ width, height: 1000 });
  await page.goto(url);
  const button = await page.waitForSelector(`[data-case=${picture.case}]`);
  await button?.click();
  await page.waitForFunction("document.querySelector('[data-played]')?.dataset.played === '1'");
  const top = Math.max(0, (await page.$eval(from, (one) => one.getBoundingClientRect().top)) - MARGIN);
  const bottom = (await page.$eval(to, (one) => one.getBoundingClientRect().bottom)) + MARGIN;
  const path = join(FOLDER, `${name}.png`) as `${string}.png`;
  await page.screenshot({ path, clip: { x: 0, y: top, width, height: bottom - top } });
  const { size } = await stat(path);
  if (size > LARGEST) throw new Error(`${path} has ${size} bytes, more than ${LARGEST}`);
  console.log(`${path}: ${size} bytes`);
}

await mkdir(FOLDER, { recursive: true });
await writeFile(join(FOLDER, 'live-windows.svg'), windowsPicture());
const stage = await startStage({ ports: PORTS });
const server = await serveDemo(stage, 0);
try {
  const executablePath = process.env.CHROMIUM_BIN ?? '/usr/bin/chromium';
  const browser = await puppeteer.launch({
    executablePath,
    args: ['--no-sandbox', '--disable-dev-shm-usage'],
  });
  try {
    const page = await browser.newPage();
    for (const picture of PICTURES) await take(page, server.url, picture);
  } finally {
    await browser.close();
  }
} finally {
  await server.stop();
  await stage.stop();
}
