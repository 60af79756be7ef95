/** From texts to configurations, whatever form they have. */

import type { Finding } from '../finding.ts';
import type { Configuration, Table } from '../model.ts';
import { Place } from '../place.ts';
import { ConfigurationBuilder } from './configuration-builder.ts';
import { isAdminDump, isDeclarative, readAdminDump, readDeclarative, spaceOf } from './declarative.ts';
import { isManifest, type Manifest, manifestsOf, readManifests } from './kubernetes.ts';
import { parseDocuments, type ReadDocument } from './parse-documents.ts';

/** `file` is the name under which findings speak of it. */
export type Input = { file: string; text: string } | { file: string; value: unknown };

/**
 * @returns one configuration for each workspace or control plane that the inputs are of; and what could not be read at
 * all
 */
export function readConfigurations(inputs: readonly Input[]): {
  configurations: Configuration[];
  problems: Finding[];
} {
  const [first] = inputs;
  const spaces = new Map<string, ConfigurationBuilder>();
  const builderOf = (space: string, place: Place) => {
    const builder = spaces.get(space) ?? new ConfigurationBuilder(place);
    spaces.set(space, builder);
    return builder;
  };
  const manifests: Manifest[] = [];
  const problems: Finding[] = [];
  for (const input of inputs) {
    const { file } = input;
    const parsed = parse(input);
    const { kubernetes, others } = sorted(parsed.documents);
    manifests.push(...kubernetes.flatMap(({ value, place }) => manifestsOf(value, place)));
    problems.push(...parsed.problems, ...others.slice(1).map(secondDocument));
    const [document] = others;
    const isNothing = parsed.problems.length === 0 && kubernetes.length === 0 && !document;
    if (isNothing) problems.push(notAConfiguration(new Place(file)));
    if (!document) continue;
    if (isAdminDump(document.value))
      readAdminDump(document.value, document.place, builderOf(spaceOf({}), document.place));
    else if (isDeclarative(document.value))
      readDeclarative(document.value, document.place, builderOf(spaceOf(document.value), document.place));
    else problems.push(notAConfiguration(document.place));
  }
  if (manifests.length > 0) readManifests(manifests, builderOf(spaceOf({}), new Place(first?.file ?? '')));
  return { configurations: [...spaces.values()].map((builder) => builder.build()), problems };
}

function parse(input: Input): { documents: ReadDocument[]; problems: Finding[] } {
  if ('text' in input) return parseDocuments(input.text, input.file);
  return { documents: [{ value: input.value, place: new Place(input.file) }], problems: [] };
}

function sorted(documents: readonly ReadDocument[]) {
  const kubernetes: { value: Table; place: Place }[] = [];
  const others: ReadDocument[] = [];
  for (const { value, place } of documents)
    if (isManifest(value)) kubernetes.push({ value, place });
    else others.push({ value, place });
  return { kubernetes, others };
}

function notAConfiguration(place: Place): Finding {
  return {
    code: 'not-a-configuration',
    level: 'error',
    place,
    problem: 'this is no configuration: expected a map of entities, or Kubernetes manifests',
    remedy: 'give this check what Kong, decK or the Ingress Controller gets',
  };
}

/** Kong reads the first one, or none. */
function secondDocument({ place }: ReadDocument): Finding {
  return {
    code: 'invalid-yaml',
    level: 'error',
    place,
    problem: 'this is a second document, and a declarative configuration is one',
    remedy: 'a file for each',
  };
}
