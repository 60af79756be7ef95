import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../config/load.ts';
import { blockedContent } from './blocked-content.ts';

const configOf = (log_blocked_content: boolean) =>
  loadConfig(
    {
      ai_guard_api_key: 'k',
      upstream_llm: { provider: 'openai', api_uri: 'auto' },
      log_blocked_content,
    },
    'request',
  ).config;

describe('blocked content', () => {
  it('is nowhere unless it is asked for', () => {
    expect(blockedContent(configOf(false), ['attack'])).toEqual({});
  });

  it('is each text once', () => {
    expect(blockedContent(configOf(true), ['a', 'b', 'a'])).toEqual({ content: ['a', 'b'] });
  });

  it('is at most the last 16 texts', () => {
    const texts = Array.from({ length: 100 }, (_, index) => `text ${index}`);
    expect(blockedContent(configOf(true), texts).content).toEqual(texts.slice(-16));
  });

  it.each([
    ['x'.repeat(1_024), 'x'.repeat(1_024)],
    ['x'.repeat(1_025), `${'x'.repeat(1_024)}…`],
    [`${'x'.repeat(1_023)}🔥`, `${'x'.repeat(1_023)}\ufffd…`],
  ])('is at most 1024 characters a text, and valid Unicode', (text, logged) => {
    expect(blockedContent(configOf(true), [text]).content).toEqual([logged]);
  });
});
