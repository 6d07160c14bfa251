import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { toolReport } from './tools.ts';

/**
 * Says once, before the tests, which tools are missing and how to get them, and gives all of them one folder for what they
 * leave, which goes at the end. LOADCELL_TEST_KEEP keeps it.
 */
export default function setup(): () => void {
  for (const line of toolReport()) process.stderr.write(`${line}\n`);
  const folder = mkdtempSync(join(tmpdir(), 'loadcell-tests-'));
  process.env.TMPDIR = folder;
  return () => {
    if (process.env.LOADCELL_TEST_KEEP) process.stderr.write(`what the tests left is kept in ${folder}\n`);
    else rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  };
}
