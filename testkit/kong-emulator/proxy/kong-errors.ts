/** Kong's own error answers: messages by status, and a body in the format that the client accepts. */

const JSON_TYPE = 'application/json; charset=utf-8';
const TYPES: Readonly<Record<string, string>> = {
  'text/html': 'text/html; charset=utf-8',
  'application/json': JSON_TYPE,
  'text/plain': 'text/plain; charset=utf-8',
  'application/xml': 'application/xml; charset=utf-8',
  'application/*': JSON_TYPE,
  'text/*': 'text/plain; charset=utf-8',
};

const MESSAGES: Readonly<Record<number, string>> = {
  400: 'Bad request',
  401: 'Unauthorized',
  402: 'Payment required',
  403: 'Forbidden',
  404: 'Not found',
  405: 'Method not allowed',
  408: 'Request timeout',
  409: 'Conflict',
  410: 'Gone',
  411: 'Length required',
  412: 'Precondition failed',
  413: 'Payload too large',
  414: 'URI too long',
  415: 'Unsupported media type',
  417: 'Expectation failed',
  422: 'Unprocessable entity',
  426: 'Upgrade required',
  429: 'Too many requests',
  494: 'Request header or cookie too large',
  500: 'An unexpected error occurred',
  501: 'Not implemented',
  502: 'An invalid response was received from the upstream server',
  503: 'The upstream server is currently unavailable',
  504: 'The upstream server is timing out',
};

/** Statuses for which nginx asks Kong's error handler when an answer has no body. */
export const ERROR_PAGE_STATUSES = [400, 404, 405, 408, 411, 412, 413, 414, 417, 494, 500, 502, 503, 504];

/** Kong's words for a status. */
export function errorMessage(status: number): string {
  return MESSAGES[status] ?? `The upstream server responded with ${status}`;
}

/** The content type of an error for an Accept header: the best rated that Kong knows, else JSON. */
export function errorType(accept: string): string {
  let best = { quality: 0, type: JSON_TYPE };
  for (const item of accept.split(',')) {
    const [media = '', ...parameters] = item.split(';').map((part) => part.trim().toLowerCase());
    if (!/^[^\s/]+\/[^\s/]+$/.test(media)) continue;
    const q = parameters.find((parameter) => parameter.startsWith('q='));
    const quality = q === undefined ? 1 : Number(q.slice(2));
    if (quality > best.quality) best = { quality, type: TYPES[media] ?? JSON_TYPE };
  }
  return best.type;
}

/** An error body of a type, with the request's id. */
export function errorBody(type: string, message: string, requestId: string): string {
  if (type.startsWith('text/html')) {
    const page = `<h1>Error</h1>\n    <p>${message}.</p>\n    <p>request_id: ${requestId}</p>`;
    return `<!doctype html>\n<html>\n  <head>\n    <meta charset="utf-8">\n    <title>Error</title>\n  </head>\n  <body>\n    ${page}\n  </body>\n</html>\n`;
  }
  if (type.startsWith('text/plain')) return `${message}\nrequest_id: ${requestId}\n`;
  if (type.startsWith('application/xml')) {
    return `<?xml version="1.0" encoding="UTF-8"?>\n<error>\n  <message>${message}</message>\n  <requestid>${requestId}</requestid>\n</error>\n`;
  }
  // Kong pastes the message in as it is, quotes included.
  return `{\n  "message":"${message}",\n  "request_id":"${requestId}"\n}`;
}
