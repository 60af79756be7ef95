/** How the record calls answers and events, by what they hold: no record has a word that an agent chose. */
import { isObject } from '../../formats/segment.ts';
import { isCard } from './card.ts';
import { isPushConfig } from './push-config.ts';

/** By keys that only one of them has, in either spelling; the first that fits. */
const SHAPES: readonly (readonly [name: string, ...keys: string[]])[] = [
  ['artifact-update', 'artifactUpdate', 'artifact_update', 'artifact'],
  ['status-update', 'statusUpdate', 'status_update', 'final'],
  ['task', 'task', 'status', 'artifacts', 'history'],
  ['message', 'message', 'msg', 'parts', 'content'],
  ['task-list', 'tasks'],
  ['push-configs', 'configs', 'pushNotificationConfig', 'push_notification_config'],
];

export function nameOfAnswer(value: unknown): string {
  if (!isObject(value)) return 'a2a.answer';
  if ('error' in value) return 'a2a.error';
  const result = 'result' in value ? value.result : value;
  if (isCard(result)) return 'a2a.agent-card';
  if (isPushConfig(result)) return 'a2a.push-configs';
  if (!isObject(result)) return 'a2a.answer';
  const shape = SHAPES.find(([, ...keys]) => keys.some((key) => Object.hasOwn(result, key)));
  return `a2a.${shape?.[0] ?? 'answer'}`;
}
