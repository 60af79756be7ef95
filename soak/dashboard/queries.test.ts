import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Dashboard, drawn, type Panel, queryOf, type Range, stepOf } from './queries.ts';

const read = (path: string) => readFileSync(resolve(import.meta.dirname, path), 'utf8');

const dashboard: Dashboard = JSON.parse(read('../../deploy/grafana/dashboard.json'));
const targets = dashboard.panels.flatMap(({ title, targets = [] }) =>
  targets.map((target) => [title, target] as const),
);
const TEN_MINUTES: Range = { from: 1_000, to: 1_600, scrape: 5 };

describe('a query of the dashboard', () => {
  it.each(targets)('has nothing left to choose: %s', (_title, { expr }) => {
    expect(queryOf(expr, dashboard, TEN_MINUTES)).not.toContain('$');
  });

  it.each(targets)('names its lines by labels that it has: %s', (_title, { expr, legendFormat }) => {
    for (const [, label = ''] of legendFormat.matchAll(/\{\{(\w+)\}\}/g))
      expect(expr).toMatch(new RegExp(`by \\([^)]*\\b${label}\\b|^[^(]*\\{instance|^rate\\(\\w+\\{instance`));
  });

  it('has rates over four scrapes at least, and over more than one step', () => {
    const expr = 'rate(a[$__rate_interval]) / increase(a{i=~"$instance"}[$__range])';
    expect(queryOf(expr, dashboard, TEN_MINUTES)).toBe('rate(a[20s]) / increase(a{i=~".*"}[600s])');
    const day: Range = { from: 0, to: 86_400, scrape: 5 };
    expect(stepOf(day)).toBe(87);
    expect(queryOf('rate(a[$__rate_interval])', dashboard, day)).toBe('rate(a[92s])');
  });

  it('with a variable that nobody has is an error', () => {
    expect(() => queryOf('a{b="$unknown"}', dashboard, TEN_MINUTES)).toThrow('no value for $unknown');
  });
});

it('draws a series with its legend, in milliseconds, and with a gap where there is no number', () => {
  const series = {
    metric: { direction: 'request' },
    values: [
      [1.5, '2'],
      [2.5, 'NaN'],
    ] as [number, string][],
  };
  expect(drawn({ expr: '', legendFormat: '{{direction}} p95{{none}}' }, series)).toEqual({
    name: 'request p95',
    times: [1_500, 2_500],
    values: [2, null],
  });
});

describe('the panels', () => {
  it('are all of types that the pictures can show', () => {
    const [, types = ''] = /const DRAWN_BY = \{(.*)\};/.exec(read('view.jsx')) ?? [];
    const known = new Set(['row', ...[...types.matchAll(/(\w+):/g)].map(([, type]) => type)]);
    for (const { type } of dashboard.panels) expect([...known]).toContain(type);
  });

  it('fill the grid: none overlaps another, and none leaves it', () => {
    const cells = dashboard.panels.flatMap((panel) => cellsOf(panel));
    expect(new Set(cells).size).toBe(cells.length);
    const rows = Math.max(...dashboard.panels.map(({ gridPos: { y, h } }) => y + h));
    expect(cells).toHaveLength(24 * rows);
  });

  it('have titles of their own, short enough to be read', () => {
    const titles = dashboard.panels.map(({ title }) => title);
    expect(new Set(titles).size).toBe(titles.length);
    for (const title of titles) expect(title.length, title).toBeLessThan(45);
  });
});

function cellsOf({ gridPos: { x, y, w, h } }: Panel): string[] {
  return Array.from({ length: w * h }, (_, index) => `${x + (index % w)},${y + Math.floor(index / w)}`);
}
