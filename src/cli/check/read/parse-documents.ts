/** From text to documents: YAML or JSON, one or several. */
import { LineCounter, parseAllDocuments, type ScalarTag } from 'yaml';
import type { Finding } from '../finding.ts';
import { Place, type PositionedDocument } from '../place.ts';

export interface ReadDocument {
  value: unknown;
  /** The document itself; `at` leads to what is in it. */
  place: Place;
}

/** Uses of one anchor, times the anchors in it: enough for a shared plugin list, too few for a bomb. */
const MAX_ALIASES = 100_000;

/** The parser's own messages quote the text, so only their codes are used. */
export function parseDocuments(
  text: string,
  file: string,
): { documents: ReadDocument[]; problems: Finding[] } {
  const lineCounter = new LineCounter();
  const parsed = parseAllDocuments(text, {
    merge: true,
    customTags: [words],
    lineCounter,
    prettyErrors: false,
  });
  const all = 'empty' in parsed ? [] : parsed;
  const problems = all.flatMap(({ errors }) =>
    errors.map(({ code, pos }): Finding => {
      const { line, col } = lineCounter.linePos(pos[0]);
      const place = new Place(file, '', { line, column: col });
      const problem = `this is not valid YAML: ${code}`;
      return { code: 'invalid-yaml', level: 'error', place, problem, remedy: 'correct the line' };
    }),
  );
  if (problems.length > 0) return { documents: [], problems };
  const documents = all
    .filter(({ contents }) => contents !== null)
    .map((document) => ({
      value: contentsOf(document),
      place: new Place(file, '', { document, lineCounter }),
    }));
  return { documents, problems: [] };
}

/** Aliases that multiply without end, or point nowhere, show only here. */
function contentsOf(document: PositionedDocument['document']): unknown {
  try {
    return document.toJS({ maxAliasCount: MAX_ALIASES });
  } catch {
    return undefined;
  }
}

/** The words of YAML 1.1 that Kong's reader takes for booleans, beside `true` and `false`. */
const words: ScalarTag = {
  tag: 'tag:yaml.org,2002:bool',
  default: true,
  test: /^(?:yes|Yes|YES|no|No|NO|on|On|ON|off|Off|OFF)$/,
  resolve: (word) => /^(?:yes|on)$/i.test(word),
};
