/** What Kong's configuration calls this plugin. */
import { PLUGIN_NAMES } from '../../src/config/plugin-name.ts';

export const NAME = PLUGIN_NAMES.response;
