/**
 * What an answer repeats of its request: instructions, and the prose of tools. It is judged as a part of the answer once; what
 * the request plugin let pass does not count here.
 */
import type { Change } from '../../body/text-changes.ts';
import type { Segment } from '../../formats/segment.ts';
import {
  type HistoryCache,
  type HistoryScope,
  type KeptTurn,
  type KnownTurn,
  keyOf,
  type TurnKey,
} from './history.ts';

/** What an answer repeats, by whether its verdict is known. */
export interface Echoes {
  known: ReadonlyMap<Segment, KnownTurn>;
  unknown: readonly Segment[];
  /** Remembers what was unknown, each judged as a whole, with what the verdicts change. */
  remember(changed: ReadonlyMap<Segment, readonly Change[]>): void;
}

const NONE: Echoes = { known: new Map(), unknown: [], remember: () => undefined };

/**
 * @param scopeOf gives the scope of the response plugin, where there are echoes: most answers repeat nothing
 * @param segments of the answer
 */
export async function recallEchoes(
  cache: HistoryCache,
  scopeOf: () => HistoryScope,
  segments: readonly Segment[],
): Promise<Echoes> {
  const echoes = segments.filter(isEcho);
  if (echoes.length === 0) return NONE;
  const scope = scopeOf();
  const known = new Map<Segment, KnownTurn>();
  const unknown: Segment[] = [];
  const turns = await cache.recall(echoes.map((one) => echoKey(scope, one)));
  for (const [index, segment] of echoes.entries()) {
    const turn = turns[index];
    if (turn) known.set(segment, turn);
    else unknown.push(segment);
  }
  return {
    known,
    unknown,
    remember: (changed) => cache.remember(() => echoTurns(scope, unknown, changed)),
  };
}

function echoTurns(
  scope: HistoryScope,
  echoes: readonly Segment[],
  changed: ReadonlyMap<Segment, readonly Change[]>,
): KeptTurn[] {
  return echoes.map((segment) => {
    const changes = changed.get(segment);
    return { key: echoKey(scope, segment), turn: changes && changes.length > 0 ? { changes } : {} };
  });
}

/** A model has no such role: only a request has. */
function isEcho({ role, isOutsideConversation }: Segment): boolean {
  return role === 'system' && !isOutsideConversation;
}

function echoKey(scope: HistoryScope, { kind, text }: Segment): TurnKey {
  return keyOf(scope, `echo ${kind}`, text);
}
