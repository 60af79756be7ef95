import { describe, expect, it } from 'vitest';
import { readEnvironment, readKongConf, settingsOf } from './settings.ts';

describe('kong.conf', () => {
  it.each([
    ['plugins = bundled,a', 'bundled,a'],
    ['  plugins=bundled  ', 'bundled'],
    ['PLUGINS = bundled', 'bundled'],
    ['plugins = bundled # all of them', 'bundled'],
    ['plugins = a\\#b', 'a#b'],
    ['plugins = bundled,\\\n  a', 'bundled,  a'],
    ['plugins = a\nplugins = b', 'b'],
    ['plugins = a\r\n', 'a'],
    ['#plugins = a', undefined],
    ['; plugins = a', undefined],
    ['plugins =', undefined],
    ['plugins', undefined],
    ['= a', undefined],
  ])('%j is read as Kong reads it', (text, expected) => {
    expect(readKongConf(text, 'kong.conf').values.get('plugins')).toBe(expected);
  });
});

describe('the settings', () => {
  const file = readKongConf('plugins = a\nprefix = /kong', 'kong.conf');
  const environment = readEnvironment({ KONG_PLUGINS: ' b ', PLUGINS: 'c', KONG_NOTHING: undefined });
  const settings = settingsOf([file, environment]);

  it('are those of the later source where both have one', () => {
    expect([settings.get('plugins'), settings.get('prefix'), settings.get('nothing')]).toEqual([
      'b',
      '/kong',
      undefined,
    ]);
  });

  it('stand where they were read, and missing ones where they belong', () => {
    expect(String(settings.place('plugins'))).toBe('environment KONG_PLUGINS');
    expect(String(settings.place('prefix'))).toBe('kong.conf prefix');
    expect(String(settings.place('nothing'))).toBe('kong.conf nothing');
    expect(String(settingsOf([environment]).place('nothing'))).toBe('environment KONG_NOTHING');
  });

  it('know the line in which each of them begins', () => {
    const text = '# first\n\nplugins = a,\\\n  b\nprefix = /kong\n';
    const { place } = settingsOf([readKongConf(text, 'kong.conf')]);
    expect(['plugins', 'prefix', 'nothing'].map((name) => place(name).position.line)).toEqual([3, 5, 1]);
  });
});
