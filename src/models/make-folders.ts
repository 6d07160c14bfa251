import { mkdirSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';

/*
 * `recursive` of mkdir never ends where a folder that is there takes no other and says so by ENOENT, as /proc does, and the
 * folders of an automounter: a mistaken path would stop the program without a word.
 */

/**
 * Makes a folder and those above it, unless they are there. `mode`: of those that it makes. What is there and no folder is
 * left for who writes into it to meet.
 *
 * @throws the file system's own error where one of them cannot be made.
 */
export async function makeFolders(folder: string, mode?: number): Promise<void> {
  try {
    await mkdir(folder, mode);
  } catch (error) {
    if (isThere(error)) return;
    if (!isMissing(error)) throw error;
    await makeFolders(dirname(folder), mode);
    // Somebody else may have made it meanwhile.
    await mkdir(folder, mode).catch((again: unknown) => {
      if (!isThere(again)) throw again;
    });
  }
}

/** The same, and nothing else happens meanwhile. */
export function makeFoldersSync(folder: string, mode?: number): void {
  try {
    mkdirSync(folder, mode);
  } catch (error) {
    if (isThere(error)) return;
    if (!isMissing(error)) throw error;
    makeFoldersSync(dirname(folder), mode);
    try {
      mkdirSync(folder, mode);
    } catch (again) {
      if (!isThere(again)) throw again;
    }
  }
}

const isThere = (error: unknown): boolean => codeOf(error) === 'EEXIST';

const isMissing = (error: unknown): boolean => codeOf(error) === 'ENOENT';

const codeOf = (error: unknown): string | undefined => (error as NodeJS.ErrnoException).code;
