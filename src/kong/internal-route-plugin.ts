/**
 * The check of an internal route: Lua for Kong's bundled `pre-function` plugin, which runs before every other plugin.
 *
 * With `internal_route_url` the relay does not call the provider. It brings the request back to Kong, to a route of its own,
 * and from there Kong goes on by itself: with upstream entities, health checks and certificates, none of which a plugin
 * server can have. Nobody else must get there, because nothing inspects what comes. So the guard leaves a ticket in memory
 * that Kong's workers share, for the one method and path that the relay will come with, and the check takes it away: it is good
 * once. The query is left out: it may hold keys.
 *
 * Kong may prefer another route, with more attributes that match. So the check shows the relay a proof, which lay beside the
 * ticket, and an answer without it reaches nobody. Each request has one of its own, because logs and caches keep headers of
 * answers.
 */
import { INTERNAL_ROUTE_HEADER_FILTER_LUA, INTERNAL_ROUTE_LUA } from './lua/lua-files.ts';

export interface InternalRoutePlugin {
  name: 'pre-function';
  config: { access: string[]; header_filter: string[] };
}

export const INTERNAL_ROUTE_PLUGIN: InternalRoutePlugin = {
  name: 'pre-function',
  config: { access: [INTERNAL_ROUTE_LUA], header_filter: [INTERNAL_ROUTE_HEADER_FILTER_LUA] },
};
