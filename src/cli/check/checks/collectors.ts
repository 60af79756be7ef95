/** Prompt and answer under different policies, because the two plugins come from different scopes. */
import type { Finding } from '../finding.ts';
import { type Deployment, scopedName } from '../model.ts';
import { pluginOf } from '../plugin-of.ts';

export function collectors({ traffic }: Deployment): Finding[] {
  return traffic.flatMap((one): Finding[] => {
    const [request, response] = [pluginOf(one, 'request'), pluginOf(one, 'response')];
    if (!request || !response) return [];
    // Whoever writes both into one scope means it.
    if (scopedName('', request.scope) === scopedName('', response.scope)) return [];
    const differs = (field: string) => request.config[field] !== response.config[field];
    const field = ['ai_guard_api_key', 'ai_guard_api_base_url'].find(differs);
    if (!field) return [];
    const problem = `${field} is another one than in ${request.place}, so prompts and answers of ${one.place} have different policies`;
    const remedy = 'put both plugins on the same scope, with the same collector';
    const place = response.place.at('config', field);
    return [{ code: 'different-collectors', level: 'warning', place, problem, remedy }];
  });
}
