/** Traffic that one of the directions never sees. */
import { PLUGIN_NAMES } from '../../../config/plugin-name.ts';
import type { Finding } from '../finding.ts';
import type { Deployment } from '../model.ts';

/** They answer in Kong's access phase, without the response phase in which answers are inspected. */
export const CACHES = ['proxy-cache', 'proxy-cache-advanced', 'ai-semantic-cache'];

export function oneDirectionOnly({ traffic }: Deployment): Finding[] {
  return traffic.flatMap((one): Finding[] => {
    const [request] = one.candidates(PLUGIN_NAMES.request);
    const [response] = one.candidates(PLUGIN_NAMES.response);
    if (!request === !response) return [];
    const [subject, name] = request ? ['answers', PLUGIN_NAMES.response] : ['prompts', PLUGIN_NAMES.request];
    return [
      { level: 'warning', place: one.place, problem: `${subject} are not inspected`, remedy: `add ${name}` },
    ];
  });
}

export function cachedAnswers({ traffic }: Deployment): Finding[] {
  return traffic.flatMap((one): Finding[] => {
    if (one.candidates(PLUGIN_NAMES.response).length === 0) return [];
    return CACHES.flatMap((name) => one.candidates(name)[0] ?? []).map(({ place }) => ({
      level: 'warning',
      place,
      problem: `what it has stored is not inspected again on ${one.place}, whatever AIDR's policy says by then`,
      remedy: 'empty the cache when a policy or this configuration changes',
    }));
  });
}

export function webSockets({ traffic }: Deployment): Finding[] {
  return traffic.flatMap((one): Finding[] => {
    const names = Object.values(PLUGIN_NAMES).filter((name) => one.candidates(name).length > 0);
    const { route, service } = one.scope;
    const protocols = [
      route?.fields.protocols,
      service?.fields.protocol,
      schemeOf(service?.fields.url),
    ].flat();
    if (names.length === 0 || !protocols.some((protocol) => protocol === 'ws' || protocol === 'wss'))
      return [];
    const problem = 'the messages of WebSocket connections are not inspected';
    return [{ level: 'warning', place: one.place, problem, remedy: 'serve them on a route of their own' }];
  });
}

function schemeOf(url: unknown): string | undefined {
  return typeof url === 'string' ? url.slice(0, url.indexOf(':')) : undefined;
}
