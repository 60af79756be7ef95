/** Exchanges, one after the other, through both plugins' pipelines: in their order, because turns are remembered. */
import { readVerdict } from '../../aidr/verdict.ts';
import type { Direction } from '../../config/schema.ts';
import { asksForStream } from '../../formats/asks-for-stream.ts';
import { consumerKey } from '../../inspection/caller-key.ts';
import { headerMetadata } from '../../inspection/calls/header-metadata.ts';
import type { Caller } from '../../inspection/calls/metadata.ts';
import { createHistory } from '../../inspection/history/history.ts';
import type { Inspection } from '../../inspection/inspector.ts';
import { isRefusal } from '../../inspection/policy/decision.ts';
import { type DryRequest, dryAnswer, dryPrompt, headersFrom, refusalBefore } from '../dry-run/directions.ts';
import { type PairOptions, type PluginPair, pluginPair } from '../dry-run/plugin-pair.ts';
import type { RecordedCall } from '../dry-run/recording-aidr.ts';
import type { Exchange, ReplayItem } from './exchange.ts';
import { type Api, apiOf, type RouteOptions, routeName } from './route-of.ts';
import {
  addInspection,
  addNames,
  addOutcome,
  type Finding,
  outcomeOf,
  type RouteTally,
  Tally,
  type Totals,
} from './tally.ts';

export interface ReplayRules extends Pick<PairOptions, 'policy' | 'against'>, RouteOptions {
  /** Texts and reasons stand in the report. */
  showsContent: boolean;
}

const MAX_TEXTS = 3;
const MAX_TEXT_LENGTH = 300;

/** @throws PolicyError where a plugin would not start */
export async function replay(items: AsyncIterable<ReplayItem>, rules: ReplayRules): Promise<Totals> {
  const run = new Replay(rules);
  for await (const item of items) {
    if (item.kind === 'broken') run.tally.broken(item.why);
    else await run.play(item.exchange);
  }
  return run.tally.totals();
}

class Replay {
  readonly tally = new Tally();
  readonly #rules: ReplayRules;
  readonly #pairs = new Map<string, PluginPair>();
  /** Turns are known as long as they were then, and not as long as the replay takes. */
  #now = 1;
  readonly #history = createHistory({ now: () => this.#now });
  #calls: RecordedCall[] = [];

  constructor(rules: ReplayRules) {
    this.#rules = rules;
  }

  async play(exchange: Exchange): Promise<void> {
    // Log plugins write when a request has ended, so times can go back a little.
    this.#now = Math.max(this.#now, exchange.at ?? 0);
    const api = apiOf(exchange, this.#rules);
    if (!api) {
      this.tally.otherTraffic();
      return;
    }
    const route = this.tally.exchange(routeName(exchange), api.provider, api.endpoint);
    for (const direction of ['request', 'response'] as const) {
      const outcome = exchange.kong?.recorded?.[direction]?.outcome;
      if (typeof outcome === 'string') addNames(route[direction].recorded, [outcome.slice(0, 32)]);
    }
    await this.#playBoth(exchange, this.#pairFor(api), route);
  }

  async #playBoth(exchange: Exchange, pair: PluginPair, route: RouteTally): Promise<void> {
    const request = requestOf(exchange, pair);
    const prompt = request.body && (await dryPrompt(pair, { ...request, body: request.body }));
    if (prompt) this.#count('request', exchange, prompt, route);
    else addOutcome(route.request, 'unread');
    if (prompt && isRefusal(prompt.decision)) {
      addOutcome(route.response, 'not_asked');
      return;
    }
    const known = { ...request, body: request.body ?? Buffer.from('{}') };
    const refused = prompt && refusalBefore(pair, known, prompt);
    if (refused) {
      this.#count('response', exchange, refused, route);
      return;
    }
    const { answer } = exchange;
    if (!answer?.body) {
      addOutcome(route.response, 'unread');
      return;
    }
    const head = {
      status: answer.status,
      contentType: answer.headers.get('content-type'),
      encoding: undefined,
    };
    const carryOver = prompt ?? { encryptions: [], asksForStream: asksForStream(undefined, exchange.path) };
    const answered = await dryAnswer(pair, known, carryOver, { ...head, body: answer.body });
    this.#count('response', exchange, answered, route);
  }

  #count(direction: Direction, { position }: Exchange, inspection: Inspection, route: RouteTally): void {
    const calls = this.#calls.splice(0);
    addInspection(
      route[direction],
      inspection,
      calls.map(({ bytes }) => bytes),
    );
    const outcome = outcomeOf(inspection.decision);
    if (outcome === 'allowed' || outcome === 'skipped') return;
    this.tally.finding({
      ...{ position, route: route.route, direction, outcome },
      detectors: [...inspection.stats.detectors],
      ...('rejection' in inspection.decision ? { code: inspection.decision.rejection.code } : {}),
      ...(this.#rules.showsContent ? contentOf(inspection, calls) : {}),
    });
  }

  #pairFor({ provider, endpoint }: Api): PluginPair {
    const key = `${provider} ${endpoint}`;
    const known = this.#pairs.get(key);
    if (known) return known;
    const { policy, against } = this.#rules;
    const onCall = (call: RecordedCall) => this.#calls.push(call);
    const pair = pluginPair({ provider, endpoint, policy, against, history: this.#history, onCall });
    this.#pairs.set(key, pair);
    return pair;
  }
}

/** Recorders write bodies decoded, and with the length that they had when they were not. */
const OF_THE_CODED_BODY = ['content-encoding', 'content-length', 'transfer-encoding'];

function requestOf(
  { path, headers, body, kong = {} }: Exchange,
  pair: PluginPair,
): Omit<DryRequest, 'body'> & { body: Uint8Array | undefined } {
  const own = headersFrom(new Map([...headers].filter(([name]) => !OF_THE_CODED_BODY.includes(name))));
  const { username, customId, ip, service } = kong;
  const caller: Caller = {
    ...((username ?? customId) ? { consumer: consumerKey({ username, customId }) } : {}),
    user: username ?? customId,
    ...{ sourceIp: ip, service },
    fromHeaders: headerMetadata(pair.request.config, own.get),
  };
  return { path, headers: own, body, caller };
}

/** What AIDR did not just let pass, in the words that it was sent. */
function contentOf(
  { decision }: Inspection,
  calls: readonly RecordedCall[],
): Pick<Finding, 'reason' | 'content'> {
  const found = calls.filter(({ sent }) => {
    const inspected = sent.ok ? readVerdict(sent.reply) : undefined;
    return inspected?.ok && inspected.verdict.kind !== 'passed';
  });
  const texts = found.flatMap(({ input }) => {
    const { messages = [] }: { messages?: { content: string }[] } = JSON.parse(input);
    return messages.map(({ content }) => content.slice(0, MAX_TEXT_LENGTH));
  });
  return {
    ...('rejection' in decision ? { reason: decision.rejection.reason } : {}),
    content: texts.slice(0, MAX_TEXTS),
  };
}
