import { readSync } from 'node:fs';

const END_RECORD_BYTES = 22;
const LONGEST_COMMENT = 65_535;
const END_SIGNATURE = 0x06054b50;
const ENTRY_SIGNATURE = 0x02014b50;
const ENTRY_BYTES = 46;
const MOST_DIRECTORY_BYTES = 4 * 1024 * 1024;

/**
 * Names of the members of a ZIP archive, from its central directory (PKWARE APPNOTE 6.3.10, sections 4.3.12 and 4.3.16);
 * of a directory beyond 4 MiB those at its beginning. Empty where there is none.
 */
export function zipNames(descriptor: number, size: number): readonly string[] {
  const tail = bytesAt(descriptor, Math.max(0, size - END_RECORD_BYTES - LONGEST_COMMENT), size);
  for (let at = tail.length - END_RECORD_BYTES; at >= 0; at--) {
    if (tail.readUInt32LE(at) !== END_SIGNATURE) continue;
    const length = Math.min(tail.readUInt32LE(at + 12), MOST_DIRECTORY_BYTES);
    const start = tail.readUInt32LE(at + 16);
    return namesIn(bytesAt(descriptor, start, Math.min(start + length, size)));
  }
  return [];
}

function namesIn(directory: Buffer): readonly string[] {
  const names: string[] = [];
  let at = 0;
  while (at + ENTRY_BYTES <= directory.length && directory.readUInt32LE(at) === ENTRY_SIGNATURE) {
    const nameLength = directory.readUInt16LE(at + 28);
    names.push(directory.toString('utf8', at + ENTRY_BYTES, at + ENTRY_BYTES + nameLength));
    at += ENTRY_BYTES + nameLength + directory.readUInt16LE(at + 30) + directory.readUInt16LE(at + 32);
  }
  return names;
}

function bytesAt(descriptor: number, from: number, to: number): Buffer {
  const bytes = Buffer.alloc(Math.max(0, to - from));
  return bytes.subarray(0, readSync(descriptor, bytes, 0, bytes.length, from));
}
