import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { sha256OfFile } from '../../../src/models/digest.ts';
import { temporaryFolder } from '../../support/onnx-files.ts';

test('the digest of a file is that of its content', async () => {
  const path = join(temporaryFolder(), 'data');
  writeFileSync(path, 'content');
  expect(await sha256OfFile(path)).toBe(createHash('sha256').update('content').digest('hex'));
});

test('a pipe is refused and not waited for; what is not there keeps the words of the file system', async () => {
  const folder = temporaryFolder();
  execFileSync('mkfifo', [join(folder, 'pipe')]);
  await expect(sha256OfFile(join(folder, 'pipe'))).rejects.toThrow('it is no regular file');
  await expect(sha256OfFile(join(folder, 'nothing'))).rejects.toMatchObject({ code: 'ENOENT' });
  await expect(sha256OfFile(folder)).rejects.toMatchObject({ code: 'EISDIR' });
});
