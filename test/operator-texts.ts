/**
 * The sentences in the source that a client or an operator can read, found by their form, so that a new one cannot be
 * forgotten: every string literal of two words or more, but for what the rules below say nobody is shown.
 */
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import ts from 'typescript';
import { filesUnder } from './repository-files.ts';

const root = resolve(import.meta.dirname, '..');

/** `…` stands for what is filled in when the text is made. */
export const GAP = '…';

export interface OperatorText {
  file: string;
  text: string;
}

const TWO_WORDS = /\p{L}[\p{L}.:,;'’]* +\S*\p{L}/u;
/** In them, single words are shown to operators too. */
const CLOSED_SETS = ['src/aidr/failure.ts'];
/** Constants that are something else than one message: help, YAML comments, a placeholder, names, a role. */
export const OTHER_TEXTS = [
  'HELP',
  'DRY_RUN_HELP',
  'STRICT',
  'LENIENT',
  'SCOPE',
  'BATCH_HOOK_NOTE',
  'INTERNAL_ROUTE_NOTE',
  'ANY_EXIT',
  'INTERNAL_NOTE',
  'INTERNAL_SECRET',
];
/** They write into the README, a generated table or a page that shows findings, speak a provider's language, throw for bugs of Kong's or ours, describe metrics, or name spans or the keys of a map. */
export const SAYS_NOTHING = [
  'src/cli/check/report/html.ts',
  'src/cli/html-page.ts',
  'src/cli/inspect/text-explanation.ts',
  'src/cli/replay/html-replay.ts',
  'src/cli/replay/rows.ts',
  'src/cli/replay/text-replay.ts',
  'src/config/reference.ts',
  'src/kong/kong-request.ts',
  'src/diagnostics/metrics/inspections.ts',
  'src/diagnostics/metrics/shortages.ts',
  'src/diagnostics/metrics/state.ts',
  'src/diagnostics/metrics/traces.ts',
  'src/diagnostics/metrics/workers.ts',
  'src/aidr/call-span.ts',
  'src/formats/gemini/partial-args.ts',
  'src/inspection/report/inspection-span.ts',
  'src/inspection/refusal/refusal-codes.ts',
];
/** Words of the providers' APIs, which are compared with bodies. */
const WORDS_OF_APIS = /^src\/(?:formats|protocols)\/(?:.*\/)?(?:[\w-]*shapes?|names)\.ts$/;
/** What a bug throws is logged by name and place only (error-location.ts), except by the plugin server, which tells Kong. */
const BUGS = ['Error', 'TypeError', 'KongRequestError'];
const TELLS_KONG = /^src\/(pluginserver|diagnostics\/health-check)\//;

export async function operatorTexts(): Promise<OperatorText[]> {
  const files = (await Promise.all(['src', 'plugins'].map(filesUnder))).flat().filter(isShipped);
  const texts = await Promise.all(
    files.map(async (file) => {
      const source = ts.createSourceFile(
        file,
        await readFile(join(root, file), 'utf8'),
        ts.ScriptTarget.Latest,
        true,
      );
      return textsIn(source, file).map((text) => ({ file, text }));
    }),
  );
  return texts.flat();
}

function isShipped(file: string): boolean {
  const isSource = /\.ts$/.test(file) && !/(\.test|\.d|[/-]testing)\.ts$/.test(file);
  return isSource && !SAYS_NOTHING.includes(file) && !WORDS_OF_APIS.test(file);
}

function textsIn(node: ts.Node, file: string): string[] {
  if (isOther(node, file)) return [];
  const text = textOf(node);
  const inside: string[] = [];
  ts.forEachChild(node, (child) => {
    inside.push(...textsIn(child, file));
  });
  if (text === undefined) return inside;
  return [...inside, ...messagesOf(text, file)];
}

/** Lua holds messages of its own. */
function messagesOf(text: string, file: string): string[] {
  if (text.includes('kong.'))
    return [...text.matchAll(/"((?:guard:|Prompt |Response )[^"]*)"/g)].map(([, one = '']) => one);
  return TWO_WORDS.test(text) || CLOSED_SETS.includes(file) ? [text.trim()] : [];
}

function textOf(node: ts.Node): string | undefined {
  if (ts.isImportDeclaration(node.parent ?? node)) return undefined;
  if (ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node)) return node.text;
  if (!ts.isTemplateExpression(node)) return undefined;
  return node.head.text + node.templateSpans.map(({ literal }) => GAP + literal.text).join('');
}

function isOther(node: ts.Node, file: string): boolean {
  if (ts.isVariableDeclaration(node)) return OTHER_TEXTS.includes(node.name.getText());
  if (ts.isPropertyAssignment(node)) return ['description', 'displayName'].includes(node.name.getText());
  if (ts.isCallExpression(node)) return /^optionalText$|\.setHeader$/.test(node.expression.getText());
  if (!ts.isNewExpression(node)) return false;
  return BUGS.includes(node.expression.getText()) && !TELLS_KONG.test(file);
}
