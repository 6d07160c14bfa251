import { RequestFailure } from '../../target.ts';
import { RESET, resetName } from './frame.ts';

/** What a stream's end by its server means for the request that it met. */
export function resetFailure(code: number, where: string): RequestFailure {
  switch (code) {
    case RESET.refused:
      return new RequestFailure('rejected', 'refused-stream', `${where} refused the stream`);
    case RESET.none:
    case RESET.cancel:
      return closedFailure(where, 'stream');
    default:
      return new RequestFailure('target-error', 'stream-reset', `${where} reset the stream: ${resetName(code)}`);
  }
}

export const closedFailure = (where: string, what: 'stream' | 'connection'): RequestFailure =>
  new RequestFailure('target-error', 'closed', `${where} closed the ${what} before it had answered`);

/** `found`: as a sentence goes on after the colon. */
export const protocolFailure = (where: string, found: string): RequestFailure =>
  new RequestFailure('target-error', 'protocol', `${where}: ${found}, expected HTTP/2`);
