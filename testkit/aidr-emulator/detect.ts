/** The detectors: what stands where in a text, and what the policy wants done about it. */
import { isEncryptable } from './permutation.ts';
import type { Action, Policy, Rules } from './policy.ts';

/** AIDR's names of the detectors that the emulator has, in the order in which its summary lists them. */
export const DETECTORS = [
  'malicious_prompt',
  'confidential_and_pii_entity',
  'secret_and_key_entity',
  'malicious_entity',
  'competitors',
  'topic',
] as const;

export type Detector = (typeof DETECTORS)[number];

/** A detector that is on: which part of a text it finds, under which type and with which consequence. */
export interface Finder {
  readonly detector: Detector;
  readonly type: string;
  readonly action: Action;
  readonly pattern: RegExp;
  readonly accepts?: (value: string) => boolean;
}

/** One hit. `start` and `end` are UTF-16 offsets into the text. */
export interface Hit {
  readonly detector: Detector;
  readonly type: string;
  readonly action: Action;
  readonly value: string;
  readonly start: number;
  readonly end: number;
}

/** The lookbehind keeps the search linear: a run of word characters is entered at its start only. */
const ENTITIES = [
  {
    detector: 'confidential_and_pii_entity',
    type: 'US_SSN',
    pattern: /(?<![\w-])(?!000|666|9)\d{3}-(?!00)\d{2}-(?!0000)\d{4}(?![\w-])/g,
  },
  {
    detector: 'confidential_and_pii_entity',
    type: 'EMAIL_ADDRESS',
    pattern: /(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+/g,
  },
  {
    detector: 'confidential_and_pii_entity',
    type: 'CREDIT_CARD',
    pattern: /(?<![\w-])(?:\d{4}(?:[ -]\d{4}){3}|\d{4}[ -]\d{6}[ -]\d{5}|\d{13,19})(?![\w-])/g,
    accepts: passesLuhn,
  },
  {
    detector: 'secret_and_key_entity',
    type: 'AWS_ACCESS_KEY_ID',
    pattern: /(?<!\w)(?:AKIA|ASIA)[A-Z0-9]{16}(?!\w)/g,
  },
] as const;

/** The detectors that one side of a policy switches on. */
export function findersOf(policy: Policy, rules: Rules): Finder[] {
  const finders: Finder[] = [];
  const add = (action: Action | undefined, finder: Omit<Finder, 'action'>) => {
    if (action !== undefined) finders.push({ ...finder, action });
  };
  for (const source of policy.malicious_prompts)
    add(rules.malicious_prompt, {
      detector: 'malicious_prompt',
      type: 'MALICIOUS_PROMPT',
      pattern: new RegExp(source, 'giu'),
    });
  for (const entity of ENTITIES) add(rules[entity.type], entity);
  for (const host of policy.malicious_hosts)
    add(rules.malicious_link, { detector: 'malicious_entity', type: 'URL', pattern: linkTo(host) });
  for (const name of policy.competitors)
    add(rules.competitors, { detector: 'competitors', type: 'COMPETITOR', pattern: phrase(name) });
  for (const [topic, phrases] of Object.entries(policy.topics))
    for (const words of phrases ?? [])
      add(rules.topics?.[topic as keyof typeof rules.topics], {
        detector: 'topic',
        type: topic,
        pattern: phrase(words),
      });
  return finders;
}

/** Everything the finders see in a text. What is to be encrypted and cannot be is masked. */
export function findAll(text: string, finders: readonly Finder[]): Hit[] {
  return finders.flatMap(({ detector, type, action, pattern, accepts }) =>
    [...text.matchAll(pattern)]
      .filter(([value]) => accepts?.(value) ?? true)
      .map(({ 0: value, index }) => ({
        detector,
        type,
        action: action === 'encrypt' && !isEncryptable(value) ? 'mask' : action,
        value,
        start: index,
        end: index + value.length,
      })),
  );
}

/** A URL on the host or one of its subdomains, or the bare host name; not the domain of an e-mail address. */
function linkTo(host: string): RegExp {
  return new RegExp(
    String.raw`(?<![\w@.-])(?:https?:\/\/)?(?:[\w-]+\.)*${literal(host)}(?![\w-]|\.\w)(?::\d+)?(?:[/?#][^\s"'<>)\]]*)?`,
    'gi',
  );
}

function phrase(words: string): RegExp {
  return new RegExp(String.raw`(?<!\w)${literal(words)}(?!\w)`, 'gi');
}

function passesLuhn(card: string): boolean {
  const digits = [...card.replace(/\D/g, '')].map(Number).reverse();
  const sum = digits.reduce((total, digit, position) => {
    const weighted = position % 2 === 0 ? digit : digit * 2;
    return total + (weighted > 9 ? weighted - 9 : weighted);
  }, 0);
  return sum % 10 === 0;
}

/** The source of a pattern that matches a text and nothing else. */
export function literal(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, String.raw`\$&`);
}
