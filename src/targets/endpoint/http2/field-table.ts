/** A header field as HPACK names it: pseudo-headers begin with a colon, names are in lower case. */
export type Field = readonly [name: string, value: string];

/** Bytes of a connection's own table as HPACK counts them, unless its reader asks for less. */
export const TABLE_BYTES = 4096;

/** What a field takes in a table: more than its name and value (RFC 7541, section 4.1). */
export const fieldBytes = ([name, value]: Field): number => name.length + value.length + 32;

/** The fields that every connection knows (RFC 7541, appendix A), counted from 1. */
export const STATIC_TABLE: readonly Field[] = [
  [':authority', ''],
  [':method', 'GET'],
  [':method', 'POST'],
  [':path', '/'],
  [':path', '/index.html'],
  [':scheme', 'http'],
  [':scheme', 'https'],
  [':status', '200'],
  [':status', '204'],
  [':status', '206'],
  [':status', '304'],
  [':status', '400'],
  [':status', '404'],
  [':status', '500'],
  ['accept-charset', ''],
  ['accept-encoding', 'gzip, deflate'],
  ['accept-language', ''],
  ['accept-ranges', ''],
  ['accept', ''],
  ['access-control-allow-origin', ''],
  ['age', ''],
  ['allow', ''],
  ['authorization', ''],
  ['cache-control', ''],
  ['content-disposition', ''],
  ['content-encoding', ''],
  ['content-language', ''],
  ['content-length', ''],
  ['content-location', ''],
  ['content-range', ''],
  ['content-type', ''],
  ['cookie', ''],
  ['date', ''],
  ['etag', ''],
  ['expect', ''],
  ['expires', ''],
  ['from', ''],
  ['host', ''],
  ['if-match', ''],
  ['if-modified-since', ''],
  ['if-none-match', ''],
  ['if-range', ''],
  ['if-unmodified-since', ''],
  ['last-modified', ''],
  ['link', ''],
  ['location', ''],
  ['max-forwards', ''],
  ['proxy-authenticate', ''],
  ['proxy-authorization', ''],
  ['range', ''],
  ['referer', ''],
  ['refresh', ''],
  ['retry-after', ''],
  ['server', ''],
  ['set-cookie', ''],
  ['strict-transport-security', ''],
  ['transfer-encoding', ''],
  ['user-agent', ''],
  ['vary', ''],
  ['via', ''],
  ['www-authenticate', ''],
];

const byField = new Map<string, number>();
const byName = new Map<string, number>();
for (const [i, [name, value]] of STATIC_TABLE.entries()) {
  byField.set(`${name}\n${value}`, i + 1);
  if (!byName.has(name)) byName.set(name, i + 1);
}

/** Where a field stands in the table; 0: it does not. */
export const staticIndex = (name: string, value: string): number => byField.get(`${name}\n${value}`) ?? 0;

/** Where a field of that name stands in it first; 0: none does. */
export const staticName = (name: string): number => byName.get(name) ?? 0;
