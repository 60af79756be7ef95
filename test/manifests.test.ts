/**
 * The manifests against the types that are made of the published schemas: a field that is misspelt, missing or of another
 * type is an error of TypeScript's. Kong's own kinds are in no package; their files are held to the code in deployment.test.ts.
 */
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { optionalPackage } from './optional-package.ts';

const folder = resolve(import.meta.dirname, '../deploy/kubernetes');
const read = (file: string) => readFile(join(folder, file), 'utf8');

const NEEDED = [
  'kubernetes-models',
  '@kubernetes-models/prometheus-operator',
  '@kubernetes-models/gateway-api',
];
const missing = NEEDED.filter((name) => !optionalPackage(name));

/** Of each kind that is no kind of Kong's: the module that has its type. */
const KINDS: Record<string, string> = {
  Service: 'kubernetes-models/v1/Service',
  Ingress: 'kubernetes-models/networking.k8s.io/v1/Ingress',
  NetworkPolicy: 'kubernetes-models/networking.k8s.io/v1/NetworkPolicy',
  PodMonitor: '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1/PodMonitor',
  HTTPRoute: '@kubernetes-models/gateway-api/gateway.networking.k8s.io/v1/HTTPRoute',
};
const KONGS_OWN = ['KongVault', 'KongClusterPlugin'];

/** What the chart hands on to Kubernetes as it stands in values.yaml. */
const PARTS: [module: string, (values: Values) => unknown][] = [
  ['kubernetes-models/v1/Container', ({ deployment }) => deployment.initContainers[0]],
  ['kubernetes-models/v1/Volume', ({ deployment }) => deployment.userDefinedVolumes[0]],
  ['kubernetes-models/v1/VolumeMount', ({ deployment }) => deployment.userDefinedVolumeMounts[0]],
  ['kubernetes-models/v1/Lifecycle', ({ lifecycle }) => lifecycle],
  ['kubernetes-models/v1/ResourceRequirements', ({ resources }) => resources],
  ['kubernetes-models/v1/TopologySpreadConstraint', (values) => values.topologySpreadConstraints[0]],
  ['kubernetes-models/autoscaling/v2/MetricSpec', ({ autoscaling }) => autoscaling.metrics[0]],
];

interface Values {
  deployment: {
    initContainers: unknown[];
    userDefinedVolumes: unknown[];
    userDefinedVolumeMounts: unknown[];
  };
  lifecycle: unknown;
  resources: unknown;
  topologySpreadConstraints: unknown[];
  autoscaling: { metrics: unknown[] };
}

interface Manifest {
  kind: string;
}

const FILES = ['ingress.yaml', 'httproute.yaml', 'networkpolicy.yaml', 'podmonitor.yaml', 'plugins.yaml'];

async function manifestsOf(file: string): Promise<Manifest[]> {
  return parseAllDocuments(await read(file)).map((document) => document.toJS());
}

it('every kind that the manifests have is looked at', async () => {
  const kinds = (await Promise.all(FILES.map(manifestsOf))).flat().map(({ kind }) => kind);
  expect([...new Set(kinds)].sort()).toEqual([...Object.keys(KINDS), ...KONGS_OWN].sort());
});

describe.skipIf(missing.length > 0)(`the manifests (without ${missing.join(', ') || 'nothing'})`, () => {
  let work: string;
  beforeAll(async () => {
    work = await mkdtemp(join(tmpdir(), 'aidr-manifests-'));
    await symlink(dirname(optionalPackage('kubernetes-models') ?? ''), join(work, 'node_modules'));
  });
  afterAll(() => rm(work, { recursive: true }));

  /** @returns what TypeScript says of a value that is to be of the type in a module */
  async function problems(values: [module: string, value: unknown][]): Promise<string[]> {
    const lines = values.map(([module, value], index) => {
      const type = `I${module.split('/').at(-1)}`;
      const from = `import type { ${type} as T${index} } from ${JSON.stringify(module)};`;
      return `${from}\nexport const value${index}: T${index} = ${JSON.stringify(value)};`;
    });
    const file = join(work, 'manifests.mts');
    await writeFile(file, lines.join('\n'));
    const program = ts.createProgram([file], {
      ...{ noEmit: true, strict: true, skipLibCheck: true, types: [], preserveSymlinks: true },
      module: ts.ModuleKind.NodeNext,
      moduleResolution: ts.ModuleResolutionKind.NodeNext,
    });
    return ts
      .getPreEmitDiagnostics(program)
      .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
  }

  it('are as the published schemas say, and so is what the chart hands on', async () => {
    const manifests = (await Promise.all(FILES.map(manifestsOf))).flat();
    const values: Values = parse(await read('values.yaml'));
    const found = await problems([
      ...manifests.flatMap((each): [string, unknown][] =>
        KINDS[each.kind] ? [[KINDS[each.kind] ?? '', each]] : [],
      ),
      ...PARTS.map(([module, part]): [string, unknown] => [module, part(values)]),
    ]);
    expect(found).toEqual([]);
  });

  it('would not be with a misspelt field, or one of another type', async () => {
    const found = await problems([
      ['kubernetes-models/v1/Container', { name: 'x', livenessProb: {} }],
      ['kubernetes-models/v1/Container', { name: 'x', livenessProbe: { timeoutSeconds: '5' } }],
      [KINDS.PodMonitor ?? '', { apiVersion: 'monitoring.coreos.com/v1', kind: 'PodMonitor' }],
    ]);
    expect(found).toHaveLength(3);
    expect(found[0]).toMatch(/'"livenessProb"' does not exist/);
  });
});
