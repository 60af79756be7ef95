/** A batch hook of another version is ignored: it does no harm, but saves no round trips. */
import { BATCH_HOOK, OLDER_BATCH_HOOK_KEY } from '../../../kong/batch-hook-plugin.ts';
import type { Finding } from '../finding.ts';
import { type Deployment, stringsOf } from '../model.ts';
import { isInspected } from '../plugin-of.ts';

export function batchHook({ traffic }: Deployment): Finding[] {
  return traffic.flatMap((one): Finding[] => {
    const [plugin] = one.candidates('pre-function');
    const hook = stringsOf(plugin?.config.access).find((text) =>
      [BATCH_HOOK.key, OLDER_BATCH_HOOK_KEY].some((key) => text.includes(key)),
    );
    if (!plugin || hook === undefined || !isInspected(one)) return [];
    if (hook.includes(`version = "${BATCH_HOOK.value}"`)) return [];
    return [
      {
        code: 'outdated-batch-hook',
        level: 'info',
        place: plugin.place.at('config', 'access'),
        problem: 'the batch hook is of another version, so the plugins ask Kong one question at a time',
        remedy: 'replace it with what `aidr-kong batch-hook` prints',
      },
    ];
  });
}
