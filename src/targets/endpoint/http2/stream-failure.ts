import { RequestFailure } from '../../target.ts';
import { RESET, resetName } from './frame.ts';

/** What a stream's end by its server means for the request that it met. */
export function resetFailure(code: number, where: string): RequestFailure {
  switch (code) {
    case RESET.refused:
      return refusedFailure(where);
    case RESET.none:
    case RESET.cancel:
      return closedFailure(where, 'stream');
    default:
      return new RequestFailure('target-error', 'stream-reset', `${where} reset the stream: ${resetName(code)}`);
  }
}

/** The server did nothing with the request; `why`: what it said when it left, null: it did not leave. */
export const refusedFailure = (where: string, why: string | null = null): RequestFailure =>
  new RequestFailure('rejected', 'refused-stream', `${where} refused the stream${told(why)}`);

export const closedFailure = (
  where: string,
  what: 'stream' | 'connection',
  why: string | null = null,
): RequestFailure =>
  new RequestFailure('target-error', 'closed', `${where} closed the ${what} before it had answered${told(why)}`);

/** It answered, and only gRPC can lack a status then. */
export const noStatusFailure = (where: string): RequestFailure =>
  new RequestFailure('target-error', 'no-status', `${where} answered without a gRPC status, expected one`);

const told = (why: string | null): string => (why === null ? '' : ` (${why})`);

/** `found`: as a sentence goes on after the colon. */
export const protocolFailure = (where: string, found: string): RequestFailure =>
  new RequestFailure('target-error', 'protocol', `${where}: ${found}, expected HTTP/2`);

const LONGEST_WORDS = 80;

/** Why a server leaves, as its GOAWAY has it: the code's name, and what it says to people beside it. */
export function reasonToLeave(code: number, words: Buffer): string {
  const said = words
    .toString('latin1', 0, LONGEST_WORDS)
    .replaceAll(/[^ -~]+/gu, ' ')
    .trim();
  return `GOAWAY ${resetName(code)}${said === '' ? '' : `: ${said}`}`;
}
