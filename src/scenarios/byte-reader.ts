/** The bytes of one file by position, read at once: whoever walks a schedule cannot wait. */
export interface ByteReader {
  /** Fills `into` from `position` of the file on; returns how many bytes there were, 0 at the end. */
  read(into: Uint8Array, position: number): number;
  close(): void;
}

/** Opens a file by its absolute path. Throws what the file system says. */
export type OpenFile = (path: string) => ByteReader;

/** For schedules that hang on no file. */
export const noFiles: OpenFile = (path) => {
  throw new Error(`${path}: a schedule hangs on this file, and no file can be read here`);
};
