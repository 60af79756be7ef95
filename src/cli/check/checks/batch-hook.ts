/** A batch hook of another version is ignored: it does no harm, but saves no round trips. */
import { PLUGIN_NAMES } from '../../../config/plugin-name.ts';
import { BATCH_HOOK, OLDER_BATCH_HOOK_KEY } from '../../../kong/batch-hook-plugin.ts';
import type { Finding } from '../finding.ts';
import type { Deployment } from '../model.ts';

export function batchHook({ traffic }: Deployment): Finding[] {
  return traffic.flatMap((one): Finding[] => {
    const isOurs = Object.values(PLUGIN_NAMES).some((name) => one.candidates(name).length > 0);
    const [plugin] = one.candidates('pre-function');
    const lua = [plugin?.config.access].flat().filter((text) => typeof text === 'string');
    const hook = lua.find((text) => [BATCH_HOOK.key, OLDER_BATCH_HOOK_KEY].some((key) => text.includes(key)));
    if (!isOurs || !plugin || hook === undefined || hook.includes(`version = "${BATCH_HOOK.value}"`))
      return [];
    return [
      {
        level: 'info',
        place: plugin.place,
        problem: 'the batch hook is of another version, so the plugins ask Kong one question at a time',
        remedy: 'replace it with what `aidr-kong batch-hook` prints',
      },
    ];
  });
}
