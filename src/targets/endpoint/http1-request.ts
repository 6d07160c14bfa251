import { bodyBytes, type PreparedRequest } from './prepared-request.ts';

/** Bodies up to this size go out in one piece with their head. */
const ONE_PIECE = 16_384;

/** What every request of a target carries. */
export interface Http1Common {
  readonly host: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly reuse: 'always' | 'never';
}

const WITHOUT_BODY = new Set(['GET', 'HEAD', 'DELETE']);

/** A request as HTTP/1.1 sends it: head and body, in one piece where that is cheap. */
export function http1Bytes(request: PreparedRequest, common: Http1Common): readonly Uint8Array[] {
  const length = bodyBytes(request);
  // What is said later replaces what is usual: the campaign's headers, then the request's own.
  const headers = new Map<string, string>([['host', common.host], ...common.headers, ...request.headers]);
  if (length > 0 || !WITHOUT_BODY.has(request.method)) headers.set('content-length', String(length));
  if (common.reuse === 'never') headers.set('connection', 'close');
  const lines = Array.from(headers, ([name, value]) => `${name}: ${value}\r\n`).join('');
  const head = Buffer.from(`${request.method} ${request.path} HTTP/1.1\r\n${lines}\r\n`, 'latin1');
  if (length === 0) return [head];
  return length <= ONE_PIECE ? [Buffer.concat([head, ...request.body])] : [head, ...request.body];
}
