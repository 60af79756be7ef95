/** What a stream of events says, without the JSON around it. */

function textIn(data) {
  try {
    const { choices, delta, candidates } = JSON.parse(data);
    const parts = candidates?.[0]?.content?.parts ?? [];
    const own = choices?.[0]?.delta?.content ?? delta?.text ?? delta?.message?.content?.text;
    return own ?? parts.map(({ text }) => text ?? '').join('');
  } catch {
    return '';
  }
}

/** @returns {string | undefined} undefined for what is no event stream */
export function streamText(text) {
  if (!/^(?::|event:|data:)/.test(text)) return undefined;
  const lines = text.split('\n').filter((line) => line.startsWith('data:'));
  return lines.map((line) => textIn(line.slice('data:'.length))).join('');
}
