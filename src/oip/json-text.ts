import { ProtocolError } from './protocol-error.ts';

const decoder = new TextDecoder('utf-8', { fatal: true });

/** Digits in a row beyond which a double may not hold the whole number they say. */
const LONG_DIGITS = /\d{16}/;

/** A JSON object. */
export type JsonObject = Readonly<Record<string, unknown>>;

/**
 * Reads a JSON object. Whole numbers that a double does not hold become bigint: INT64 and UINT64 must not be rounded.
 *
 * @throws ProtocolError for what is no UTF-8, no JSON or no object.
 */
export function parseObject(what: string, bytes: Uint8Array): JsonObject {
  const value = parse(what, bytes);
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as JsonObject;
  throw new ProtocolError(`${what}: found JSON that is no object, expected one, for example {"inputs": […]}`);
}

function parse(what: string, bytes: Uint8Array): unknown {
  let text: string;
  try {
    text = decoder.decode(bytes);
  } catch (cause) {
    throw new ProtocolError(`${what}: found bytes that are no UTF-8 text, expected JSON`, { cause });
  }
  try {
    return LONG_DIGITS.test(text)
      ? JSON.parse(text, exact as (key: string, value: unknown) => unknown)
      : JSON.parse(text);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new ProtocolError(`${what}: found no JSON (${why.slice(0, LONGEST_REASON)})`, { cause });
  }
}

const LONGEST_REASON = 120;

/** The reviver is shown the text that a number was read from (ECMAScript's JSON.parse source text access). */
function exact(_key: string, value: unknown, { source }: { readonly source?: string }): unknown {
  if (typeof value !== 'number' || Number.isSafeInteger(value) || source === undefined) return value;
  return /^-?\d+$/.test(source) ? BigInt(source) : value;
}
