/** The alerts of deploy/prometheus, by Prometheus' own tool where it is installed: `PROMTOOL` names it, or the PATH has it. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';

const run = promisify(execFile);
const root = resolve(import.meta.dirname, '..');
const promtool = process.env.PROMTOOL ?? 'promtool';

const RULES = 'deploy/prometheus/alerts.yaml';
const CASES = 'test/prometheus/alerts.test.yaml';

interface Rules {
  groups: { rules: { alert: string; labels: { severity: string }; annotations: { summary?: string } }[] }[];
}

interface Cases {
  tests: { name: string; promql_expr_test: { exp_samples: { labels: string }[] }[] }[];
}

const read = async (file: string) => parse(await readFile(resolve(root, file), 'utf8'));

describe('the alerts', () => {
  it('have a case each in which they fire, with their severity, and one in which none does', async () => {
    const { groups }: Rules = await read(RULES);
    const { tests }: Cases = await read(CASES);
    const expected = tests.flatMap((test) => test.promql_expr_test.map(({ exp_samples }) => exp_samples));
    const firing = expected.flat().map(({ labels }) => ({
      alert: /alertname="(\w+)"/.exec(labels)?.[1],
      severity: /severity="(\w+)"/.exec(labels)?.[1],
    }));
    for (const { alert, labels, annotations } of groups.flatMap(({ rules }) => rules)) {
      expect(firing).toContainEqual({ alert, severity: labels.severity });
      expect(annotations.summary, alert).toBeTruthy();
    }
    expect(expected.filter((samples) => samples.length === 0).length).toBeGreaterThan(10);
  });

  it('fire when they should, and only then', async (test) => {
    const missing = await run(promtool, ['--version']).then(
      () => undefined,
      () => 'promtool is not installed: no alert was seen to fire',
    );
    if (missing) return test.skip(missing);
    await run(promtool, ['check', 'rules', RULES], { cwd: root });
    const { stdout } = await run(promtool, ['test', 'rules', CASES], { cwd: root });
    expect(stdout).toContain('SUCCESS');
  });
});
