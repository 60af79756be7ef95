/** The batch hook of another version does no harm, and no good. */
import { PLUGIN_NAMES } from '../../../config/plugin-name.ts';
import { BATCH_HOOK } from '../../../kong/batch-hook-plugin.ts';
import type { Finding } from '../finding.ts';
import type { Deployment } from '../model.ts';

export function batchHook({ traffic }: Deployment): Finding[] {
  return traffic.flatMap((one): Finding[] => {
    const isOurs = Object.values(PLUGIN_NAMES).some((name) => one.candidates(name).length > 0);
    const [plugin] = one.candidates('pre-function');
    const lua = [plugin?.config.access].flat().filter((text) => typeof text === 'string');
    const hook = lua.find((text) => text.includes(BATCH_HOOK.key));
    if (!isOurs || !plugin || hook === undefined || hook.includes(`version = "${BATCH_HOOK.value}"`))
      return [];
    return [
      {
        level: 'info',
        place: plugin.place,
        problem: 'the batch hook is of another version, so the plugins ask Kong one question at a time',
        remedy: 'replace it by what `aidr-kong batch-hook` prints',
      },
    ];
  });
}
