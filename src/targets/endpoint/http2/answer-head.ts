import type { FieldBlock } from './field-blocks.ts';
import { FLAG } from './frame.ts';
import type { Http2Stream } from './stream.ts';

/** Whether a block of fields only says that the server goes on: the answer's own head is still to come, so it ends nothing. */
export const isInterim = ({ status }: FieldBlock, flags: number): boolean =>
  status >= 100 && status < 200 && status !== 101 && (flags & FLAG.endStream) === 0;

/** Takes the head of an answer in (RFC 9113, section 8.3.2); what is wrong with it, null: nothing. */
export function headFault(stream: Http2Stream, { status, length }: FieldBlock): string | null {
  stream.hasHead = true;
  if (status < 200) return status < 0 ? 'found a head without a status' : `found the status ${status}`;
  // What has no body may tell the length of one (RFC 9110, section 8.6).
  stream.promised = stream.isHead || status === 204 || status === 304 ? -1 : length;
  return null;
}

/** Whether more came than the head promised. */
export const isOverlong = ({ received, promised }: Http2Stream): boolean => promised >= 0 && received > promised;

/** What is wrong with the length of a body that is complete (RFC 9113, section 8.1.1), or overlong; null: nothing. */
export const lengthFault = ({ received, promised }: Http2Stream): string | null =>
  promised < 0 || received === promised
    ? null
    : `found ${received} bytes of a body of ${promised}, as its content-length has it`;
