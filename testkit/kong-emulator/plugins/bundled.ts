/** The plugins that come with Kong and that the gateway has. */

import { aiProxy } from './ai-proxy/index.ts';
import { keyAuth } from './key-auth.ts';
import type { PluginHandler } from './plugin.ts';
import { postFunction, preFunction } from './serverless-functions.ts';

export const BUNDLED: readonly PluginHandler[] = [preFunction, keyAuth, aiProxy, postFunction];
