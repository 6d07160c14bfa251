import { RequestFailure } from '../target.ts';

/** Names of gRPC's status codes, by number. */
const NAMES = [
  'OK',
  'CANCELLED',
  'UNKNOWN',
  'INVALID_ARGUMENT',
  'DEADLINE_EXCEEDED',
  'NOT_FOUND',
  'ALREADY_EXISTS',
  'PERMISSION_DENIED',
  'RESOURCE_EXHAUSTED',
  'FAILED_PRECONDITION',
  'ABORTED',
  'OUT_OF_RANGE',
  'UNIMPLEMENTED',
  'INTERNAL',
  'UNAVAILABLE',
  'DATA_LOSS',
  'UNAUTHENTICATED',
] as const;

export const statusName = (status: number): string => NAMES[status] ?? `status ${status}`;

/**
 * The status of a call whose answer has a status of HTTP alone
 * (https://github.com/grpc/grpc/blob/master/doc/http-grpc-status-mapping.md).
 */
export function statusOfHttp(status: number): number {
  switch (status) {
    case 400:
      return NAMES.indexOf('INTERNAL');
    case 401:
      return NAMES.indexOf('UNAUTHENTICATED');
    case 403:
      return NAMES.indexOf('PERMISSION_DENIED');
    case 404:
      return NAMES.indexOf('UNIMPLEMENTED');
    case 429:
    case 502:
    case 503:
    case 504:
      return NAMES.indexOf('UNAVAILABLE');
    default:
      return NAMES.indexOf('UNKNOWN');
  }
}

const LONGEST = 160;

/** What a call's status means; `message` is the server's own. OK is null. */
export function grpcFailure(status: number, message: string): RequestFailure | null {
  const name = statusName(status);
  const says = message === '' ? name : `${name}: ${message.replaceAll(/\s+/gu, ' ').slice(0, LONGEST)}`;
  switch (name) {
    case 'OK':
      return null;
    case 'RESOURCE_EXHAUSTED':
      return new RequestFailure('rejected', name, says);
    case 'DEADLINE_EXCEEDED':
      return new RequestFailure('timeout', name, says);
    default:
      return new RequestFailure('target-error', name, says);
  }
}

/** What a status means before the load, as a sentence: what would be right. */
export function grpcSentence(status: number, message: string, asked: string): string {
  const name = statusName(status);
  const says = `answered ${name}${message === '' ? '' : ` (${message.replaceAll(/\s+/gu, ' ').slice(0, LONGEST)})`}`;
  switch (name) {
    case 'UNAUTHENTICATED':
    case 'PERMISSION_DENIED':
      return `${says}; expected a call that is let in, with the right token under metadata.authorization`;
    case 'UNIMPLEMENTED':
      return `${says}; expected a server that has ${asked}`;
    case 'NOT_FOUND':
      return `${says}; expected the name of a model that is served`;
    default:
      return `${says}, expected OK`;
  }
}

/** The value of `grpc-message`, which is percent-encoded. */
export function decodedMessage(value: string | undefined): string {
  try {
    return decodeURIComponent(value ?? '');
  } catch {
    return value ?? '';
  }
}
