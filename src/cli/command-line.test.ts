import { describe, expect, it } from 'vitest';
import { UsageError } from './arguments.ts';
import { parseCommandLine } from './command-line.ts';

const REQUEST = 'crowdstrike-aidr-request';
const style = 'provider';
const check = { kind: 'check', files: ['kong.yaml'], settings: [], strict: false, form: 'text' };

describe('the command line', () => {
  it.each([
    [['--help'], { kind: 'help' }],
    [['check', '-h'], { kind: 'help' }],
    [['--version'], { kind: 'version' }],
    [['schema', '--lua', REQUEST], { kind: 'schema', plugin: REQUEST, form: 'lua' }],
    [['schema', REQUEST], { kind: 'schema', plugin: REQUEST, form: 'lua' }],
    [['schema', '--json', REQUEST], { kind: 'schema', plugin: REQUEST, form: 'json' }],
    [['guard'], { kind: 'guard', directions: ['request', 'response'], lenient: false, allowed: {}, style }],
    [
      ['guard', '--request-only'],
      { kind: 'guard', directions: ['request'], lenient: false, allowed: {}, style },
    ],
    [
      ['guard', '--response-only', '--lenient'],
      { kind: 'guard', directions: ['response'], lenient: true, allowed: {}, style },
    ],
    [
      ['guard', '--allow-exit', 'below-response=402,5xx', '--allow-exit', 'below-request=none'],
      {
        kind: 'guard',
        directions: ['request', 'response'],
        lenient: false,
        ...{ allowed: { 'below-response': '402 5xx', 'below-request': '' }, style },
      },
    ],
    ...(['plain', 'stealth', 'completion'] as const).map((given): [string[], object] => [
      ['guard', '--request-only', '--rejection-style', given],
      {
        ...{ kind: 'guard', directions: ['request'], lenient: false, allowed: {} },
        style: given === 'completion' ? style : given,
      },
    ]),
    [['batch-hook'], { kind: 'batch-hook' }],
    [['internal-route'], { kind: 'internal-route' }],
    [['check', 'kong.yaml'], check],
    [
      ['check', 'kong.yaml', '--kong-conf', 'kong.conf', '--kong-conf', 'env', '--strict', '--json'],
      { ...check, settings: ['kong.conf', 'env'], strict: true, form: 'json' },
    ],
    [
      ['check', 'a.yaml', '-', '--sarif', '--html', 'page.html'],
      { ...check, files: ['a.yaml', '-'], form: 'sarif', html: 'page.html' },
    ],
    [
      ['check', '--admin-url', 'http://127.0.0.1:8001/team'],
      { ...check, files: [], admin: { url: 'http://127.0.0.1:8001/team' } },
    ],
    [
      ['check', 'kong.yaml', '--admin-url', 'https://kong', '--admin-token-env', 'TOKEN'],
      { ...check, admin: { url: 'https://kong', tokenVariable: 'TOKEN' } },
    ],
  ])('%j is understood', (args, command) => {
    expect(parseCommandLine(args)).toEqual(command);
  });

  it.each([
    [[], 'give a command'],
    [['lint'], 'unknown command lint'],
    [['lint', '--version'], 'unknown command lint'],
    [['--verbose'], 'Unknown option'],
    [['schema'], 'the name of a plugin is needed'],
    [['schema', 'key-auth'], 'schema takes one of crowdstrike-aidr-request, '],
    [['schema', '--lua', '--json', REQUEST], 'cannot be combined'],
    [['schema', REQUEST, REQUEST], 'one argument too many'],
    [['guard', 'openai-route'], 'guard takes no argument'],
    [['guard', '--request-only', '--response-only'], 'cannot be combined'],
    [['guard', '--strict'], 'Unknown option'],
    [
      ['guard', '--rejection-style', 'silent'],
      '--rejection-style takes one of provider, plain, stealth, completion, not silent',
    ],
    [['guard', '--allow-exit', 'below=402'], 'takes a value such as below-response=402,429, not below=402'],
    [['guard', '--allow-exit', 'below-response'], 'takes a value such as'],
    [['guard', '--allow-exit', 'below-response=all'], 'takes a value such as'],
    [['guard', '--allow-exit', 'below-response=402,'], 'takes a value such as'],
    [['guard', '--allow-exit', 'below-response=600'], 'takes a value such as'],
    [['guard', '--allow-exit', 'proxy-cache=200"'], 'takes a value such as'],
    [['guard', '--allow-exit', 'proxy-cache=200', '--allow-exit', 'proxy-cache=2xx'], 'is given twice'],
    [
      ['guard', '--request-only', '--allow-exit', 'proxy-cache=200'],
      'cannot be combined with --request-only',
    ],
    [['batch-hook', 'openai-route'], 'batch-hook takes no argument'],
    [['internal-route', 'chat'], 'internal-route takes no argument'],
    [['check'], 'the path of a configuration is needed, or --admin-url'],
    [['check', ''], 'the path of a configuration is needed, or --admin-url'],
    [['check', '-', '-'], '- can be given once'],
    [['check', 'a.yaml', '--json', '--sarif'], 'cannot be combined'],
    [['check', 'a.yaml', '--admin-token-env', 'TOKEN'], 'is about --admin-url, which is missing'],
    ...['kong:8001', 'ftp://kong', 'https://me:secret@kong', 'https://kong?token=1'].map(
      (url): [string[], string] => [['check', '--admin-url', url], '--admin-url takes an http or https URL'],
    ),
    [['check', 'a.yaml', '--kong-conf'], 'argument missing'],
  ])('%j is refused with the reason', (args, message) => {
    expect(() => parseCommandLine(args)).toThrow(UsageError);
    expect(() => parseCommandLine(args)).toThrow(message);
  });
});
