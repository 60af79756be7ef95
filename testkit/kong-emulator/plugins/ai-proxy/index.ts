/**
 * Kong's bundled `ai-proxy` for the providers OpenAI and Anthropic, with its bad habits: a plugin beside it sees what
 * it would see in Kong, and a client gets what it would get.
 *
 * Kong runs ai-proxy as a row of named filters. The names are here because plugins can read which of them have run.
 */

import type { PluginHandler } from '../plugin.ts';
import { proxyRequest } from './access.ts';
import { filterBody } from './answer-body.ts';
import { filterHeaders } from './answer-headers.ts';
import { SCHEMA } from './schema.ts';
import { settingsOf } from './settings.ts';

export const aiProxy: PluginHandler = {
  name: 'ai-proxy',
  priority: 770,
  version: '3.9.1',
  schema: SCHEMA,
  access: (exchange, config) => proxyRequest(exchange, settingsOf(config)),
  header_filter: (exchange, config) => filterHeaders(exchange, settingsOf(config)),
  body_filter: (exchange, config, chunk, last) => filterBody(exchange, settingsOf(config), chunk, last),
};
