/**
 * A message that is not what the Open Inference Protocol says: the sender's mistake. The message is one sentence that
 * begins with the place: `inputs[0].shape: found [-1], expected sizes of 0 or more`.
 */
export class ProtocolError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ProtocolError';
  }
}

const LONGEST_QUOTE = 60;

/** A value of a message as a sentence shows it: JSON, cut where it is long. */
export function quoted(value: unknown): string {
  const text = textOf(value);
  return text.length > LONGEST_QUOTE ? `${text.slice(0, LONGEST_QUOTE)}…` : text;
}

/** Only the beginning of a long list is written out: a sentence costs the same however much it speaks of. */
function textOf(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (typeof value === 'bigint') return value.toString();
  if (typeof value === 'string') return JSON.stringify(value.slice(0, LONGEST_QUOTE));
  if (Array.isArray(value)) return `[${value.slice(0, LONGEST_QUOTE).map(shallow).join(', ')}]`;
  return shallow(value);
}

function shallow(value: unknown): string {
  if (Array.isArray(value)) return '[…]';
  if (typeof value === 'object' && value !== null) return '{…}';
  return typeof value === 'string' ? JSON.stringify(value.slice(0, LONGEST_QUOTE)) : String(value);
}

/** A key that a sender chose, as part of a place: `.priority`, or `["an odd\\nkey"]`. */
export const keyed = (key: string): string => (/^\w{1,60}$/.test(key) ? `.${key}` : `[${quoted(key)}]`);
