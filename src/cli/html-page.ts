/** Pages that load nothing, for people who file them. */

const STYLE = `:root { color-scheme: light dark }
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 80rem; padding: 0 1rem }
.wide { overflow-x: auto } table { border-collapse: collapse; margin: 1rem 0 2rem }
th, td { border: 1px solid #8888; padding: .3rem .6rem; text-align: left; vertical-align: top }
th { background: #8883 } code, pre { font: 13px/1.4 ui-monospace, monospace } pre { white-space: pre-wrap; margin: .3rem 0 0 }`;

/**
 * @param title also the page's heading
 * @param body as HTML
 * @param style CSS beside that of all pages
 */
export function htmlPage(title: string, body: string, style = ''): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escaped(title)}</title>
<style>${STYLE}${style}</style>
</head>
<body>
<h1>${escaped(title)}</h1>
${body}
</body>
</html>
`;
}

/** @param rows as HTML */
export function htmlTable(head: readonly string[], rows: readonly string[]): string {
  const heads = head.map((name) => `<th scope="col">${escaped(name)}</th>`).join('');
  return `<div class="wide"><table>\n<tr>${heads}</tr>\n${rows.join('\n')}\n</table></div>`;
}

export function htmlCell(text: string): string {
  return `<td>${escaped(text)}</td>`;
}

const ESCAPES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Foreign text in a page: it is shown, and does nothing. */
export function escaped(text: string): string {
  return text
    .replace(/[&<>"']/g, (character) => ESCAPES[character] ?? '')
    .replace(/\p{Cc}/gu, (character) => (character === '\n' ? '\n' : ' '));
}
