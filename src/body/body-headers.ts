/** Headers that describe a body which is no longer sent. */
export const BODY_HEADERS = [
  'content-encoding',
  'etag',
  'content-md5',
  'digest',
  'content-digest',
  'repr-digest',
  'content-range',
];
