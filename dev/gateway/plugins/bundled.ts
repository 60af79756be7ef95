/** The plugins that come with Kong and that the gateway has. */

import { aiProxy } from './ai-proxy/index.ts';
import { keyAuth } from './key-auth.ts';
import type { PluginHandler } from './plugin.ts';
import { postFunction } from './post-function.ts';

export const BUNDLED: readonly PluginHandler[] = [keyAuth, aiProxy, postFunction];
