/** What Amazon calls its resources by: names that it draws at random itself. */
import { because, modelName } from '../shape.ts';

/** Kinds of resources that have names of their own. */
const KINDS = new Set([
  ...['guardrail', 'prompt', 'application-inference-profile', 'provisioned-model', 'imported-model'],
  ...['custom-model-deployment', 'prompt-router', 'automated-reasoning-policy'],
]);

const ARN =
  /^arn:aws(?:-cn|-us-gov)?:bedrock:(?<region>[a-z]{2}(?:-[a-z]{2,9}){1,3}-\d):(?:\d{12})?:(?<kind>[a-z-]{5,40})\/(?<name>[\w.:-]{1,100})$/;

const REGION_WORDS = new Set(
  (
    'af ap ca cn eu il me mx sa us gov iso isob isoe isof north south central east west ' +
    'northeast northwest southeast southwest'
  ).split(' '),
);

/** The ARN of a resource of Bedrock, or of a model by its own name. */
export const arn = because('id', {
  isInert(value) {
    const { region, kind = '', name = '' } = (typeof value === 'string' && ARN.exec(value)?.groups) || {};
    if (
      !region
        ?.split('-')
        .slice(0, -1)
        .every((word) => REGION_WORDS.has(word))
    )
      return false;
    if (kind === 'foundation-model' || kind === 'inference-profile')
      return modelName.isInert?.(name) === true;
    const [id = '', version = '1', ...more] = name.split(':');
    return KINDS.has(kind) && isDrawn(id) && /^\d{1,4}$/.test(version) && more.length === 0;
  },
});

/** Ten or twelve characters, letters and digits. */
function isDrawn(id: string): boolean {
  return /^[a-z0-9]{10,12}$/.test(id) && /[a-z]/.test(id) && /\d/.test(id);
}

export const resourceId = because('id', {
  isInert: (value) => typeof value === 'string' && isDrawn(value),
});

/** Where a prompt is kept at Bedrock, the model's place names it. */
export function isStoredPrompt(model: unknown): boolean {
  return typeof model === 'string' && /^\s*arn:[^/]*:prompt\//i.test(model);
}
