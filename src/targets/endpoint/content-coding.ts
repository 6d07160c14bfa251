import { gunzipSync, gzipSync } from 'node:zlib';
import { RequestFailure } from '../target.ts';
import type { Asker, Exchange } from './carrier.ts';
import { EndpointRefused } from './connection-fault.ts';
import type { PreparedRequest, RequestSource } from './prepared-request.ts';
import { LONGEST_BODY, TOO_LONG } from './response-judge.ts';

const NO_GZIP = new RequestFailure(
  'wrong-output',
  'encoding',
  'found bytes that are no gzip, expected what was announced',
);

/**
 * A body as it was before its `Content-Encoding` (RFC 9110), in lower case and empty where there is none; a failure where
 * it cannot be told, or holds more than is ever looked at. At most that much is unpacked, whatever the bytes promise.
 */
export function decodedBody(body: Buffer, coding: string): Buffer | RequestFailure {
  if (coding === '' || coding === 'identity') return body;
  if (coding !== 'gzip' && coding !== 'x-gzip')
    return new RequestFailure(
      'wrong-output',
      'encoding',
      `found a body in ${coding.slice(0, 40)}, expected gzip or none`,
    );
  try {
    return gunzipSync(body, { maxOutputLength: LONGEST_BODY });
  } catch (error) {
    return error instanceof RangeError ? TOO_LONG : NO_GZIP;
  }
}

/** Asks as `carrier` does, and gives bodies as they were before their coding. @throws EndpointRefused */
export const decoding = (carrier: Asker, where: string): Asker => ({
  exchange: async (request, withinMs) => decodedExchange(await carrier.exchange(request, withinMs), where),
});

function decodedExchange(exchange: Exchange, where: string): Exchange {
  const body = decodedBody(exchange.body, exchange.header('content-encoding')?.toLowerCase() ?? '');
  if (body instanceof RequestFailure) throw new EndpointRefused(`${where}: ${body.message}`);
  return { status: exchange.status, header: (name) => exchange.header(name), body };
}

/** The same requests with their bodies in gzip. */
export const packed = (source: RequestSource): RequestSource => ({
  ...source,
  request: (index) => packedRequest(source.request(index)),
});

/** A request with its body in gzip. */
export function packedRequest(request: PreparedRequest): PreparedRequest {
  if (request.body.length === 0) return request;
  return {
    ...request,
    headers: [...request.headers, ['content-encoding', 'gzip']],
    body: [gzipSync(Buffer.concat(request.body))],
  };
}
