import type { ErrorCode } from '../verdict/exit-code.ts';

/** A results folder that cannot be made, written or read: one sentence for people, and the exit it leads to. */
export class ResultsError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'ResultsError';
    this.code = code;
  }
}

/** What finishes the run in `folder` after its disk was full; empty where something else kept it from being written. */
export const finishing = (error: unknown, folder: string): string =>
  isFull(error) ? `; once there is room, loadcell judge ${folder} finishes what was recorded` : '';

const isFull = (error: unknown): boolean => ['ENOSPC', 'EDQUOT'].includes(systemCode(error) ?? '');

/** Why the operating system refused, and what would be right; `path` is what was to be made or written. */
export function refusal(error: unknown, path: string): string {
  const code = systemCode(error);
  switch (code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return `${path}: the disk is full; free some space or choose another folder with --results`;
    case 'EROFS':
      return `${path}: the file system is read-only; choose another folder with --results`;
    case 'EACCES':
    case 'EPERM':
      return `${path}: no permission to write there; choose a folder of your own with --results`;
    case 'EEXIST':
      return `${path}: exists already; every run needs a folder of its own`;
    case 'ENOTDIR':
      return `${path}: a part of this path is a file, expected folders; choose another folder with --results`;
    case 'ENOENT':
      return `${path}: found no folder to write it into and none can be made there; choose another folder with --results`;
    default:
      return `${path}: cannot be written (${code ?? String(error)})`;
  }
}

export function systemCode(error: unknown): string | null {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : null;
}
