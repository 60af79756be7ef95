/** The table of docs/endpoints.md, generated from what the providers' folders say. */
import type { Endpoint } from '../../src/formats/provider.ts';
import { endpointTable } from '../../src/formats/registry.ts';

/** @returns Markdown: every endpoint, and what is done with it */
export function endpointReference(): string {
  const seen = new Set<readonly Endpoint[]>();
  const tables = endpointTable().flatMap(({ provider, endpoints }) => {
    if (seen.has(endpoints)) return [`### ${provider}\n\nAs OpenAI, with its own beginnings of paths.`];
    seen.add(endpoints);
    const rows = endpoints.map((one) => `| ${namesOf(one)} | ${handlingOf(one)} | ${readersOf(one)} |`);
    return [`### ${provider}\n\n| endpoint | what is done | read by |\n|---|---|---|\n${rows.join('\n')}`];
  });
  return tables.join('\n\n');
}

function namesOf({ names }: Endpoint): string {
  return names.map((one) => `\`${one}\``).join(', ');
}

function handlingOf({ answers, refused }: Endpoint): string {
  if (refused) return `${REFUSED[refused.why]}; use \`${refused.instead}\``;
  return answers ? ANSWERS[answers] : 'read';
}

const REFUSED: Record<NonNullable<Endpoint['refused']>['why'], string> = {
  unread_prompt: 'refused: no format reads what it takes',
  unread_answer: 'refused: no format reads what it answers',
  around_kong: 'refused: it opens a conversation that Kong does not see',
};

const ANSWERS: Record<NonNullable<Endpoint['answers']>, string> = {
  media: 'read; the answer is media, by `on_opaque`',
  file: 'read; an answer that is a text is read, another one is media, by `on_opaque`',
};

function readersOf({ formats }: Endpoint): string {
  return formats.map(({ name }) => `\`${name}\``).join(', ');
}
