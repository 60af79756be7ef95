/** Pictures of the dashboard: its panels drawn by Grafana's own components, and photographed by Chromium. */
import { execFile } from 'node:child_process';
import { access, cp, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import puppeteer, { type Page } from 'puppeteer-core';
import type { Prometheus } from './prometheus.ts';
import { type Dashboard, drawn, queryOf, type Range, stepOf, type Target } from './queries.ts';

const run = promisify(execFile);

const DASHBOARD = resolve(import.meta.dirname, '../../deploy/grafana/dashboard.json');
const VIEW = resolve(import.meta.dirname, 'view.jsx');
const CHROMIUM = process.env.CHROMIUM_BIN ?? '/usr/bin/chromium';

/** No dependencies of this project: half a gigabyte, for two pictures. */
const PACKAGES = [
  ...['@grafana/data@13.2.3', '@grafana/ui@13.2.3', 'react@19.3.1', 'react-dom@19.3.1'],
  '@fontsource/inter@5.3.0',
];

/** The row of the dashboard with which the second picture begins. */
const SECOND_PART = 'Plugin server';
/** Pixels. */
const WIDTH = 1_280;

const HTML = `<!doctype html>
<meta charset="utf-8">
<link rel="stylesheet" href="view.css">
<style>body { margin: 0 }</style>
<main></main>
<script>window.DASHBOARD = DATA</script>
<script src="view.js"></script>
`;

/** @param folder where the packages are installed */
export async function prepare(folder: string): Promise<void> {
  await access(CHROMIUM);
  await writeFile(join(folder, 'package.json'), '{"private":true}');
  const options = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  await run('npm', ['install', ...options, ...PACKAGES], { cwd: folder });
}

/**
 * @param folder as it was prepared
 * @param into where `dashboard.png` and `dashboard-server.png` are written
 */
export async function takePictures(
  prometheus: Pick<Prometheus, 'overTime' | 'atEnd'>,
  range: Range,
  folder: string,
  into: string,
): Promise<void> {
  const page = await writePage(folder, await dataOf(prometheus, range));
  const browser = await puppeteer.launch({
    executablePath: CHROMIUM,
    args: ['--no-sandbox', '--disable-dev-shm-usage', '--hide-scrollbars', '--allow-file-access-from-files'],
  });
  try {
    const tab = await browser.newPage();
    const problems: string[] = [];
    tab.on('pageerror', (error) => problems.push(String(error)));
    await tab.setViewport({ width: WIDTH, height: 2_700 });
    await tab.goto(String(pathToFileURL(page)));
    await tab.waitForNetworkIdle();
    if (problems.length > 0) throw new Error(problems.join('\n'));
    await photograph(tab, into);
  } finally {
    await browser.close();
  }
}

async function photograph(tab: Page, into: string): Promise<void> {
  const { y: cut = 0 } = (await (await tab.$(`[data-row="${SECOND_PART}"]`))?.boundingBox()) ?? {};
  const { height = 0 } = (await (await tab.$('main'))?.boundingBox()) ?? {};
  await mkdir(into, { recursive: true });
  await save('dashboard', 0, cut);
  await save('dashboard-server', cut, height);

  async function save(name: string, from: number, to: number): Promise<void> {
    const path = join(into, `${name}.png`) as `${string}.png`;
    await tab.screenshot({ path, clip: { x: 0, y: from, width: WIDTH, height: to - from } });
    const { size } = await stat(path);
    console.error(`${path}: ${size} bytes`);
  }
}

async function dataOf(prometheus: Pick<Prometheus, 'overTime' | 'atEnd'>, range: Range): Promise<object> {
  const dashboard: Dashboard = JSON.parse(await readFile(DASHBOARD, 'utf8'));
  const ask = async (target: Target) => {
    const query = queryOf(target.expr, dashboard, range);
    const series = await (target.instant ? prometheus.atEnd : prometheus.overTime)(query, range);
    return series.map((each) => drawn(target, each));
  };
  const panels = dashboard.panels.map(async (panel) => ({
    ...panel,
    series: (await Promise.all((panel.targets ?? []).map(ask))).flat(),
  }));
  return {
    title: dashboard.title,
    panels: await Promise.all(panels),
    range: { ...range, step: stepOf(range) },
  };
}

/** @returns the page's file, which needs nothing from anywhere else */
async function writePage(folder: string, data: object): Promise<string> {
  const packages = join(folder, 'node_modules');
  await build({
    ...{ entryPoints: [VIEW], nodePaths: [packages], outdir: folder, logLevel: 'error' },
    ...{ bundle: true, minify: true, format: 'iife', platform: 'browser', jsx: 'automatic' },
    define: { 'process.env.NODE_ENV': '"production"', global: 'window' },
    loader: { '.svg': 'dataurl', '.ttf': 'empty', '.woff': 'empty', '.woff2': 'dataurl' },
  });
  // Where the components look for their icons.
  const icons = join(folder, 'public/build/img');
  await cp(join(packages, '@grafana/ui/dist/public/img'), icons, { recursive: true });
  const text = JSON.stringify(data).replaceAll('<', '\\u003c');
  const page = join(folder, 'index.html');
  await writeFile(
    page,
    HTML.replace('DATA', () => text),
  );
  return page;
}
