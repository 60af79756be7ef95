import { expect, test } from 'vitest';
import { ContinuedTexts } from './continued-texts.ts';

function streamWith(on_uninspectable: 'allow' | 'block') {
  const texts = new ContinuedTexts('a2a', { config: { on_uninspectable } } as never);
  return (artifactId: string, text: string, append: boolean) => {
    const artifactUpdate = { artifact: { artifactId, parts: [{ text }] }, append };
    const bytes = Buffer.from(`data: ${JSON.stringify({ artifactUpdate })}\n\n`);
    return texts.next({ bytes, position: { isFirst: false, breaksOff: false }, caller: 'c' });
  };
}

test.each(['block', 'allow'] as const)('an artifact goes on while it is known: %s', async (setting) => {
  const next = streamWith(setting);
  expect(await next('unseen', 'a', true)).toEqual({ ok: true });
  expect(await next('unseen', 'b', true)).toMatchObject({ ok: true, preceding: { text: 'a' } });
  for (let at = 0; at < 64; at++) expect(await next(`a-${at}`, 'begins', false)).toEqual({ ok: true });
  expect(await next('a-63', 'c', true)).toMatchObject({ preceding: { text: 'begins' } });
  expect(await next('another', 'begins', false)).toEqual({ ok: true });
  const forgotten = await next('unseen', 'c', true);
  if (setting === 'allow') expect(forgotten).toEqual({ ok: true });
  else expect(forgotten).toMatchObject({ ok: false, decision: { outcome: 'blocked' } });
});
