import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';

/**
 * SHA-256 of a file's contents, lowercase hexadecimal. Reads in pieces of a mebibyte.
 *
 * @throws the file system's own error; Error for a pipe or a device, which would be read for ever.
 */
export async function sha256OfFile(path: string): Promise<string> {
  const found = await stat(path);
  if (!found.isFile() && !found.isDirectory()) throw new Error('it is no regular file');
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 })) hash.update(chunk as Uint8Array);
  return hash.digest('hex');
}
