/** The headers of W3C Trace Context (https://www.w3.org/TR/trace-context/). */
export const TRACE_PARENT = 'traceparent';
export const TRACE_STATE = 'tracestate';

const PARENT = /^[\da-f]{2}-([\da-f]{32})-[\da-f]{16}-[\da-f]{2}/;

/** The trace that a request belongs to, for log lines; null where the header is not there or not as it must be. */
export function traceIdOf(parent: string | undefined): string | null {
  const [, id] = PARENT.exec(parent ?? '') ?? [];
  return id === undefined || /^0+$/.test(id) ? null : id;
}

const REQUEST_ID = /^[\x21-\x7e]{1,128}$/;

/** A client's own request id where it is fit to be logged and returned. */
export const requestIdOf = (header: unknown): string | null =>
  typeof header === 'string' && REQUEST_ID.test(header) ? header : null;
