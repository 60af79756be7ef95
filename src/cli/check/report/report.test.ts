import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { CODES } from '../codes.ts';
import { type Finding, line } from '../finding.ts';
import { check } from '../index.ts';
import { Place } from '../place.ts';
import { coverageText } from './coverage-text.ts';
import { htmlReport } from './html.ts';
import { jsonReport } from './json.ts';
import { sarifReport } from './sarif.ts';

const MARKUP = '<script>alert("1")</script>&\'';
const finding = (changes: Partial<Finding> = {}): Finding => ({
  code: 'guard-missing',
  level: 'error',
  place: new Place('a folder/kong.yaml', `services[${MARKUP}]`, { line: 3, column: 5 }),
  problem: `no guard on ${MARKUP}`,
  remedy: 'add it',
  ...changes,
});

/** What names can be made of. */
const hostile = check([
  {
    file: 'kong.yaml',
    text: JSON.stringify({
      _format_version: '3.0',
      services: [
        {
          name: MARKUP,
          routes: [{ name: `r\u001b[31m\n${MARKUP}` }],
          plugins: [{ name: 'crowdstrike-aidr-request', config: { upstream_llm: { provider: MARKUP } } }],
        },
      ],
    }),
  },
]);

/** What SARIF 2.1.0 demands of the members that are written. */
const sarif = z.strictObject({
  $schema: z.url(),
  version: z.literal('2.1.0'),
  runs: z.tuple([
    z.strictObject({
      tool: z.strictObject({
        driver: z.strictObject({
          name: z.string(),
          version: z.string(),
          rules: z.array(
            z.strictObject({ id: z.string(), shortDescription: z.strictObject({ text: z.string() }) }),
          ),
        }),
      }),
      columnKind: z.literal('utf16CodeUnits'),
      results: z.array(
        z.strictObject({
          ruleId: z.string(),
          ruleIndex: z.int().min(0),
          level: z.enum(['error', 'warning', 'note']),
          message: z.strictObject({ text: z.string().min(1) }),
          locations: z.tuple([
            z.strictObject({
              physicalLocation: z.strictObject({
                artifactLocation: z.strictObject({
                  uri: z.string().regex(/^[\w\-.~:/?#[\]@!$&'()*+,;=%]+$/),
                }),
                region: z.strictObject({ startLine: z.int().min(1), startColumn: z.int().min(1) }),
              }),
              logicalLocations: z.array(z.strictObject({ fullyQualifiedName: z.string() })).optional(),
            }),
          ]),
        }),
      ),
    }),
  ]),
});

describe('findings as SARIF', () => {
  it('have the shape that the standard demands, and name rules that are there', () => {
    const levels = ['error', 'warning', 'info'] as const;
    const log = sarif.parse(
      JSON.parse(
        sarifReport(
          levels.map((level) => finding({ level })),
          '1.2.3',
        ),
      ),
    );
    const [{ tool, results }] = log.runs;
    expect(tool.driver.rules.map(({ id }) => id)).toEqual(Object.keys(CODES));
    expect(results.map(({ level }) => level)).toEqual(['error', 'warning', 'note']);
    for (const { ruleId, ruleIndex } of results) expect(tool.driver.rules[ruleIndex]?.id).toBe(ruleId);
    expect(results[0]?.locations[0].physicalLocation).toEqual({
      artifactLocation: { uri: 'a%20folder/kong.yaml' },
      region: { startLine: 3, startColumn: 5 },
    });
  });

  it.each([
    ['/etc/kong/kong.yaml', 'file:///etc/kong/kong.yaml'],
    ['-', '-'],
    ['http://127.0.0.1:8001/plugins', 'http://127.0.0.1:8001/plugins'],
  ])('of %s have a URI', (file, uri) => {
    const log = sarif.parse(JSON.parse(sarifReport([finding({ place: new Place(file) })], '1.2.3')));
    expect(log.runs[0].results[0]?.locations[0].physicalLocation.artifactLocation.uri).toBe(uri);
  });
});

describe('the page', () => {
  it('loads nothing, and shows names as they are', () => {
    const page = htmlReport(
      { ...hostile, findings: [...hostile.findings, finding()] },
      `report of ${MARKUP}`,
    );
    expect(page).not.toMatch(/<(?:script|link|img|iframe)|\bsrc=|\bhref=|\bon\w+=/i);
    expect(page).toContain('&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&amp;&#39;');
    // Nothing but what this version writes can be an element.
    const elements = new Set([...page.matchAll(/<\/?([a-z][a-z0-9]*)/g)].map(([, name]) => name));
    expect([...elements].sort()).toEqual(
      [...'body br code div h1 h2 head html meta p style table td th title'.split(' '), 'tr'].sort(),
    );
  });

  it('has a recipe, and says in plain sight what is unprotected', () => {
    const page = htmlReport({ ...hostile, findings: [finding({ recipe: 'a: <b>' })] }, 'report');
    expect(page).toContain('<pre>a: &lt;b&gt;</pre>');
    expect(page).toContain('<tr class="unprotected">');
  });
});

describe('names with control characters', () => {
  it('stay in their line in a terminal', () => {
    const text = `${coverageText(hostile.coverage)}${hostile.findings.map(line).join('\n')}`;
    expect(text).not.toMatch(/(?!\n)\p{Cc}/u);
    expect(coverageText(hostile.coverage).trim().split('\n')).toHaveLength(2);
  });

  it('are JSON for programs', () => {
    expect(JSON.parse(jsonReport(hostile)).coverage).toHaveLength(1);
  });
});
